# Makes loo.json: small log-likelihood matrices, given in full, with what R's package loo
# computes from them. The tests read the file; R is needed only to make it anew:
#
#   install.packages("loo") in R; made with loo 2.10.1 and posterior 1.7.1
#   cd test/reference && Rscript loo.R && npx biome format --write loo.json
#
# Log likelihoods have at most five decimals, so that the decimal in the file is exactly the double
# that R used. Results are written with 17 digits, NA as null, infinities as the text that
# JavaScript's Number reads.
suppressPackageStartupMessages(library(loo))
set.seed(20251121, kind = "Mersenne-Twister", normal.kind = "Inversion")

short <- function(x) round(x * 1e5) / 1e5
# Chains one below the other, a column an observation.
ar <- function(n, chains, phi) {
  unlist(lapply(seq_len(chains), function(chain) {
    as.numeric(stats::filter(rnorm(n + 50) * sqrt(1 - phi^2), phi, method = "recursive"))[50 + seq_len(n)]
  }))
}

# A factor changes no r_eff, but posterior takes likelihoods near zero for constant ones.
r_eff_of <- function(ll, chain_id) relative_eff(exp(sweep(ll, 2, apply(ll, 2, max))), chain_id = chain_id)

# A normal model's log likelihood: draws of a mean from autocorrelated chains, outcomes at 'y'.
normal_columns <- function(n, chains, phi, y, spread = 0.2) {
  mu <- spread * ar(n, chains, phi)
  sapply(y, function(yi) dnorm(yi, mu, 1, log = TRUE))
}

sets <- list(
  list(name = "four chains of a mean", chains = 4,
    ll = normal_columns(100, 4, 0.3, c(-1, -0.2, 0.1, 0.7, 1.5, 3))),
  list(name = "sticky and antithetic chains", chains = 2,
    ll = cbind(normal_columns(100, 2, 0.9, c(0.5, 2)), normal_columns(100, 2, -0.6, c(0.5, 2)))),
  list(name = "heavy tails and constant columns", chains = 4,
    ll = cbind(
      -1 + 0.3 * rnorm(400),
      -0.63 * rexp(400), # k near 0.6
      -0.85 * rexp(400), # near 0.8
      -3 * rexp(400),
      -abs(rcauchy(400)),
      -abs(rcauchy(400))^1.5,
      rep(-1.234, 400),
      rep(0, 400),
      ifelse(runif(400) < 0.3, -1, -2) # many ties, across the edge of the tail
    )),
  list(name = "an ok one", chains = 4,
    ll = cbind(-1 + 0.3 * rnorm(400), -2 + 0.2 * rnorm(400), -0.45 * rexp(400))),
  list(name = "chains of 101 draws", chains = 3, ll = normal_columns(101, 3, 0.5, c(-2, 0, 1, 4))),
  list(name = "a single chain", chains = 1, ll = normal_columns(150, 1, 0.4, c(-0.5, 0.5, 2.5))),
  list(name = "fewest draws with a tail", chains = 2, ll = normal_columns(12, 2, 0, c(-0.5, 0.5, 2.5))),
  list(name = "too few draws for a tail", chains = 2, ll = normal_columns(10, 2, 0, c(-0.5, 0.5, 2.5))),
  list(name = "chains that disagree", chains = 4,
    ll = normal_columns(60, 4, 0, c(0, 1)) + rep(c(0, 0, 0.5, -1), each = 60)),
  list(name = "unlikely observations", chains = 4, ll = normal_columns(100, 4, 0, c(14, 16, 18)))
)

describe <- function(set) {
  ll <- unname(short(set$ll))
  chain_id <- rep(seq_len(set$chains), each = nrow(ll) / set$chains)
  r_eff <- r_eff_of(ll, chain_id)
  result <- suppressWarnings(loo(ll, r_eff = r_eff, save_psis = TRUE))
  # loo counts a likelihood that is the same at all draws among the worst, with k = Inf, though
  # nothing can be wrong with equal weights. Here such k are 0; all else is loo's.
  constant <- apply(ll, 2, function(x) all(x == x[1]))
  result$diagnostics$pareto_k[constant] <- 0
  result$pointwise[constant, "influence_pareto_k"] <- 0
  w <- suppressWarnings(waic(ll))
  pointwise <- result$pointwise
  list(
    name = set$name,
    chains = list(set$chains),
    rows = list(ncol(ll)),
    # Row-major (draw, observation).
    logLikelihood = as.numeric(t(ll)),
    relativeEfficiency = result$diagnostics$r_eff,
    estimates = as.numeric(t(result$estimates)),
    elpdLoo = pointwise[, "elpd_loo"],
    mcseElpdLoo = pointwise[, "mcse_elpd_loo"],
    pLoo = pointwise[, "p_loo"],
    looic = pointwise[, "looic"],
    paretoK = result$diagnostics$pareto_k,
    ess = result$diagnostics$n_eff,
    # Of the last observation, normalized, by draw.
    weights = as.numeric(weights(result$psis_object, log = TRUE)[, ncol(ll)]),
    mcse = list(as.numeric(loo:::mcse_loo(result))),
    printed = capture.output(print(result)),
    waic = list(
      estimates = as.numeric(t(w$estimates)),
      elpdWaic = w$pointwise[, "elpd_waic"],
      pWaic = w$pointwise[, "p_waic"],
      waic = w$pointwise[, "waic"],
      printed = capture.output(print(w))
    )
  )
}

# Four models of the same observations.
compare <- function() {
  y <- c(-1.4, -0.2, 0.1, 0.7, 1.5, 2.2, 3)
  matrices <- list(
    centred = short(normal_columns(100, 4, 0.3, y)),
    `a longer name` = short(normal_columns(100, 4, 0.3, y - 1)),
    wide = short(normal_columns(100, 4, 0.3, y / 1.1)),
    far = short(normal_columns(100, 4, 0.3, y + 9))
  )
  loos <- lapply(matrices, function(ll) suppressWarnings(loo(ll, r_eff = r_eff_of(ll, rep(1:4, each = 100)))))
  waics <- lapply(matrices, function(ll) suppressWarnings(waic(ll)))
  # Row-major (model, column); the columns that print.compare.loo shows and those behind it.
  table <- function(comparison) {
    numeric <- vapply(comparison, is.numeric, TRUE)
    list(
      models = comparison$model,
      columns = names(comparison)[numeric],
      values = as.numeric(t(as.matrix(as.data.frame(comparison)[numeric]))),
      diagDiff = comparison$diag_diff,
      diagElpd = comparison$diag_elpd,
      printed = capture.output(print(comparison))
    )
  }
  list(
    names = names(matrices),
    rows = list(length(y)),
    chains = list(4),
    logLikelihoods = unname(lapply(matrices, function(ll) as.numeric(t(ll)))),
    loo = table(loo_compare(loos)),
    waic = table(loo_compare(waics)),
    weights = weights_of(loos),
    many = many(matrices[[1]])
  )
}

# Models whose log likelihoods differ by constants, and whether loo_compare takes the best for one of chance.
many <- function(ll) {
  equal <- qnorm((seq_len(14) - 0.5) / 14)
  shifts <- list(
    equal[-(1:3)], # 11 models: not looked at
    equal, equal * 3, c(equal, 1.9), c(equal, 2), c(equal, 2.5), c(equal, 5), seq(0, 1, length.out = 12), c(rep(0, 12), 1)
  )
  lapply(shifts, function(shift) {
    shift <- short(shift)
    warned <- FALSE
    withCallingHandlers(
      loo_compare(lapply(shift, function(by) suppressWarnings(waic(ll + by)))),
      warning = function(w) {
        warned <<- warned || grepl("due to chance", conditionMessage(w))
        invokeRestart("muffleWarning")
      }
    )
    list(shifts = shift, warned = list(as.numeric(warned)))
  })
}

# Of the models as they are given.
weights_of <- function(loos) list(
  stacking = as.numeric(loo_model_weights(loos, method = "stacking", optim_control = list(reltol = 1e-14))),
  pseudobma = as.numeric(loo_model_weights(loos, method = "pseudobma", BB = FALSE))
)

# Lists of one element and single numbers are written as scalars.
number <- function(x) {
  text <- ifelse(x == round(x, 5) & abs(x) < 1e9, sprintf("%.15g", x), sprintf("%.17g", x))
  exact <- !is.na(x) & suppressWarnings(as.numeric(text)) == x
  text <- ifelse(exact | !is.finite(x), text, sprintf("%.17g", x))
  text[is.na(x)] <- "null"
  text[is.infinite(x)] <- ifelse(x[is.infinite(x)] > 0, '"Infinity"', '"-Infinity"')
  text
}
json <- function(x) {
  if (is.character(x)) return(paste0("[", paste0('"', x, '"', collapse = ", "), "]"))
  if (is.numeric(x)) return(paste0("[", paste(number(x), collapse = ", "), "]"))
  if (is.null(names(x))) {
    if (length(x) == 1 && is.numeric(x[[1]])) return(number(x[[1]]))
    return(paste0("[", paste(vapply(x, json, ""), collapse = ",\n"), "]"))
  }
  field <- function(value) if (is.character(value) && length(value) == 1) paste0('"', value, '"') else json(value)
  paste0("{", paste0('"', names(x), '": ', vapply(x, field, ""), collapse = ",\n"), "}")
}
version <- function(package) as.character(packageVersion(package))
writeLines(json(list(
  versions = list(R = paste(R.version$major, R.version$minor, sep = "."), loo = version("loo"), posterior = version("posterior")),
  sets = lapply(sets, describe),
  comparison = compare()
)), "loo.json")
