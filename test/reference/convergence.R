# Makes convergence.json: small sets of draws, given in full, with what R's packages compute from
# them. The tests read the file; R is needed only to make it anew:
#
#   apt-get install r-base-core r-cran-posterior r-cran-coda r-cran-bayestestr    (Debian 12)
#   cd test/reference && Rscript convergence.R && npx biome format --write convergence.json
#
# Draws have at most five decimals and are quotients of whole numbers, so that the decimal in the
# file is exactly the double that R used. Results are written with 17 digits, NA as null, and
# draws that are not finite as the text that JavaScript's Number reads.
suppressPackageStartupMessages({
  library(posterior)
  library(coda)
  library(bayestestR)
})
set.seed(20250801, kind = "Mersenne-Twister", normal.kind = "Inversion")

short <- function(x) round(x * 1e5) / 1e5
# One column a chain.
ar <- function(n, chains, phi, scale = sqrt(1 - phi^2)) {
  sapply(seq_len(chains), function(chain) {
    as.numeric(stats::filter(rnorm(n + 50) * scale, phi, method = "recursive"))[50 + seq_len(n)]
  })
}
normal <- function(n, chains) matrix(rnorm(n * chains), n)

shifted <- normal(250, 4)
shifted[, 3] <- shifted[, 3] + 1
wider <- normal(250, 4)
wider[, 2] <- wider[, 2] * 3
withNaN <- normal(50, 2)
withNaN[17, 2] <- NaN
withInf <- normal(50, 2)
withInf[31, 1] <- Inf

sets <- list(
  "independent normal" = normal(250, 4),
  "autocorrelated, AR(0.9)" = ar(250, 4, 0.9),
  "antithetic, AR(-0.5)" = ar(250, 4, -0.5),
  "antithetic, AR(-0.9)" = ar(250, 4, -0.9),
  "one chain shifted" = shifted,
  "one chain wider" = wider,
  "heavy tails, Cauchy" = matrix(rcauchy(1000), 250),
  "many ties" = round(normal(250, 4), 1),
  "an odd number of draws" = ar(101, 4, 0.5),
  "a single chain" = ar(400, 1, 0.3),
  "two chains of 50" = ar(50, 2, 0.3),
  "random walks" = apply(normal(30, 2), 2, cumsum),
  "short chains" = normal(8, 4),
  "shortest chains" = normal(6, 4),
  "two values, 30% of one" = matrix(as.numeric(runif(400) < 0.3), 100),
  "constant" = matrix(0.1, 50, 2),
  "a NaN among the draws" = withNaN,
  "an infinite draw" = withInf
)

# posterior gives NA or NaN for draws without a value, and warns of capped ESS.
value <- function(expression) {
  result <- suppressWarnings(as.numeric(expression))
  if (is.nan(result)) NA_real_ else result
}

# One parameter's draws, chain after chain, with what is computed from them.
describe <- function(name, x) {
  x <- short(x)
  flat <- as.numeric(x)
  convergence <- list(
    rhat = value(rhat(x)),
    essBulk = value(ess_bulk(x)),
    essTail = value(ess_tail(x)),
    essMean = value(ess_mean(x)),
    essSd = value(ess_sd(x)),
    essMedian = value(ess_median(x)),
    essQuantile = value(ess_quantile(x, 0.1)),
    essLargest = value(ess_quantile(x, 1)),
    mcseMean = value(mcse_mean(x)),
    mcseSd = value(mcse_sd(x)),
    mcseMedian = value(mcse_median(x)),
    mcseQuantile = value(mcse_quantile(x, 0.1))
  )
  set <- list(name = name, chains = ncol(x), draws = flat, convergence = convergence)
  if (!all(is.finite(flat))) return(set)
  probabilities <- c(0, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.9, 0.95, 1)
  masses <- c(0.5, 0.89, 0.95)
  c(set, list(
    order = list(
      probabilities = probabilities,
      quantiles = as.numeric(quantile(flat, probabilities, type = 7)),
      median = stats::median(flat),
      mad = stats::mad(flat),
      ranks = rank(flat, ties.method = "average")
    ),
    intervals = lapply(masses, function(mass) {
      high <- hdi(flat, ci = mass, verbose = FALSE)
      list(
        mass = list(mass),
        hdi = c(high$CI_low, high$CI_high),
        hpd = as.numeric(HPDinterval(mcmc(flat), prob = mass))
      )
    })
  ))
}

# Sixty sets of two chains of 12 to 30 draws, of which some use their autocovariances up to the last.
small <- lapply(1:60, function(i) {
  n <- sample(12:30, 1)
  x <- switch(i %% 4 + 1,
    normal(n, 2),
    round(normal(n, 2)),
    ar(n, 2, runif(1, -0.95, 0.95)),
    # Alternating: as many draws near -1 as near 1, so that the median falls in the gap between.
    matrix((-1)^seq_len(n), n, 2) + 0.1 * normal(n, 2)
  )
  describe(sprintf("small %d", i), x)[c("name", "chains", "draws", "convergence")]
})

# R's round(x, 1): the decimal that the binary value is nearer to, even if as near to both.
decimals <- c(
  (-60:60) / 20, # every half of a decimal between -3 and 3, and the decimals between them
  (2 * (0:60) + 1) / 16, # halves of decimals that binary holds exactly, and others
  c(12.25, 12.75, 100.05, 100.15, 999.95, 1234.45, 12345.65, 98765.85),
  short(rnorm(150, 0, 20)),
  short(rcauchy(50) * 10)
)

# The default priors of brms 2.18 to 2.22 for a Gaussian outcome, by the formula of its source:
# both arguments of the Student-t prior are rounded before the scale is held to at least 2.5.
outcomes <- list(
  "narrow" = short(rnorm(25, 1, 0.8)),
  "wide" = short(rnorm(40, -30, 12)),
  "an even number of whole numbers" = c(1, 2, 2, 3, 5, 8, 13, 21),
  "a median of 0.15" = c(0, 0.1, 0.15, 3, 4),
  "a median of 2.65" = c(-40, -7, 2.65, 9, 70),
  "a median between two decimals" = c(-9, 0.3, 0.4, 12),
  "a scale below 2.5 by rounding" = c(-1.7, 0, 1.7),
  "constant" = rep(7, 5)
)
priors <- lapply(names(outcomes), function(name) {
  y <- outcomes[[name]]
  list(
    name = name,
    outcomes = y,
    location = list(round(stats::median(y), 1)),
    scale = list(max(2.5, round(stats::mad(y), 1)))
  )
})

# Lists of one element and single numbers are written as scalars.
number <- function(x) {
  text <- ifelse(x == round(x, 5) & abs(x) < 1e9, sprintf("%.15g", x), sprintf("%.17g", x))
  exact <- !is.na(x) & suppressWarnings(as.numeric(text)) == x
  text <- ifelse(exact | !is.finite(x), text, sprintf("%.17g", x))
  text[is.na(x)] <- "null"
  text[is.nan(x)] <- '"NaN"'
  text[is.infinite(x)] <- ifelse(x[is.infinite(x)] > 0, '"Infinity"', '"-Infinity"')
  text
}
json <- function(x) {
  if (is.character(x)) return(paste0('"', x, '"'))
  if (is.numeric(x)) return(if (length(x) == 1) number(x) else paste0("[", paste(number(x), collapse = ", "), "]"))
  if (is.null(names(x))) {
    if (length(x) == 1 && is.numeric(x[[1]])) return(number(x[[1]]))
    return(paste0("[", paste(vapply(x, json, ""), collapse = ",\n"), "]"))
  }
  paste0("{", paste0('"', names(x), '": ', vapply(x, json, ""), collapse = ",\n"), "}")
}
all <- unname(Map(describe, names(sets), sets))
version <- function(package) as.character(packageVersion(package))
writeLines(json(list(
  versions = list(
    R = paste(R.version$major, R.version$minor, sep = "."),
    posterior = version("posterior"),
    coda = version("coda"),
    bayestestR = version("bayestestR")
  ),
  sets = all,
  small = small,
  oneDecimal = list(values = decimals, rounded = round(decimals, 1)),
  defaultPriors = priors
)), "convergence.json")
