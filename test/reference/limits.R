# Makes limits.json: small regressions of censored and truncated outcomes, fitted by brms, with what brms
# computes from five of their draws. The tests read the file; R is needed only to make it anew (a quarter of
# an hour on one core: Stan compiles each model):
#
#   apt-get install r-base-core r-cran-brms r-cran-posterior r-cran-jsonlite libboost-dev    (Debian 12)
#   cd test/reference && Rscript limits.R && npx biome format --write limits.json
#
# With a folder in the variable FITS, compiled fits are kept there.
suppressPackageStartupMessages({ library(brms); library(posterior) })
# Debian's BH is a package without files: its Boost is the system's.
if (!nzchar(rstan::rstan_options("boost_lib"))) rstan::rstan_options(boost_lib = "/usr/include")
kept <- Sys.getenv("FITS", tempdir())
set.seed(20261130)

# brms 2.18 computes the probability of the bounds for log_lik and then drops it (brms 2.19 does not).
assignInNamespace("log_lik_truncate", function(x, cdf, args, i, prep) {
  lb <- prep$data$lb[i]
  ub <- prep$data$ub[i]
  if (is.null(lb) && is.null(ub)) return(x)
  if (identical(cdf, ppois)) lb <- lb - 1
  at <- function(bound) do.call(cdf, c(list(bound), args))
  x - log(at(if (is.null(ub)) Inf else ub) - at(if (is.null(lb)) -Inf else lb))
}, "brms")

n <- 100
x <- round(rnorm(n), 2)
model <- rep(c("a", "b"), n / 2)
item <- rep(paste0("i", 1:10), each = 10)
b <- model == "b"
code <- function(left, right) ifelse(left, "left", ifelse(right, "right", "none"))
# Redrawn until it is within its bounds.
within <- function(draw, lb, ub) vapply(seq_len(n), function(i) {
  repeat { y <- draw(i); if (y >= lb[i] && y <= ub[i]) return(y) }
}, 0)

level <- rnorm(10, 0, 0.8)[as.integer(factor(item, unique(item)))]
latent <- 6 + 1.5 * x + level + 2 * rnorm(n)
tokens <- rnbinom(n, size = 3, mu = exp(3 + 0.5 * x))
seconds <- exp(0.5 + 0.4 * x + exp(-0.6 + 0.5 * b) * rnorm(n))
wait <- rweibull(n, 1.4, exp(2 + 0.5 * x) / gamma(1 + 1 / 1.4))
low <- ifelse(b, 1.5, 0.5)
none <- rep(Inf, n)
slow <- within(function(i) rgamma(1, 2.5, 2.5 / exp(1 + 0.3 * x[i])), rep(0.8, n), none)
columns <- list(
  x = x, model = model, item = item,
  score = round(pmin(pmax(latent, 3), 9), 2), end = code(latent < 3, latent > 9),
  tokens = pmin(tokens, 40), cut = as.integer(tokens > 40),
  from = ifelse(seconds > 6, 6, ifelse(seconds < 0.5, 0.5, floor(2 * seconds) / 2)),
  to = ceiling(2 * seconds + 1e-9) / 2,
  how = ifelse(seconds > 6, "right", ifelse(seconds < 0.5, "left", "interval")),
  wait = round(pmin(wait, 12), 3), late = as.integer(wait > 12),
  count = within(function(i) rpois(1, exp(1 + 0.4 * x[i])), rep(1, n), rep(9, n)),
  low = low, weight = round(runif(n, 0.5, 2), 2),
  above = round(within(function(i) rnorm(1, 2 + x[i], 1.2), low, none) + 0.0005, 3),
  slow = round(pmin(slow, 5) + 0.0005, 3), stopped = as.integer(slow > 5)
)
data <- as.data.frame(columns)

cases <- list(
  list(name = "scores between a floor and a ceiling, with items", family = "gaussian", link = "identity",
       formulas = "score | cens(end) ~ x + (1 | item)", adapt = 0.95),
  list(name = "seconds in intervals, sigma by model", family = "lognormal", link = "identity",
       formulas = c("from | cens(how, to) ~ x", "sigma ~ model")),
  list(name = "times of which the last are cut", family = "weibull", link = "log",
       formulas = "wait | cens(late) ~ x"),
  list(name = "counts within bounds", family = "poisson", link = "log",
       formulas = "count | trunc(lb = 1, ub = 9) ~ x"),
  list(name = "numbers above bounds by row, weighted", family = "gaussian", link = "identity",
       formulas = "above | trunc(lb = low) + weights(weight) ~ x"),
  list(name = "lengths cut at a most", family = "negbinomial", link = "log",
       formulas = "tokens | cens(cut) ~ x"),
  list(name = "times above a least, of which the last are cut", family = "gamma", link = "log",
       formulas = "slow | cens(stopped) + trunc(lb = 0.8) ~ x")
)

digits <- function(values) signif(values, 8)
table_of <- function(values) unname(digits(as.matrix(values)))
reference <- function(case) {
  formula <- do.call(bf, lapply(case$formulas, as.formula))
  family <- if (case$family == "gamma") Gamma("log") else brmsfamily(case$family, case$link)
  fit <- brm(
    formula, data, family, prior = prior(normal(0, 1), class = "b"), chains = 4, iter = 3500,
    warmup = 1000, seed = 1, refresh = 0, cores = 1,
    control = list(adapt_delta = if (is.null(case$adapt)) 0.8 else case$adapt),
    file = file.path(kept, gsub("[^a-z]", "-", tolower(case$name)))
  )
  names <- setdiff(variables(fit), c("lprior", "lp__"))
  draws <- subset_draws(as_draws_array(fit), names)
  summary <- summarise_draws(draws, "mean", "sd", "mcse_mean", "mcse_sd", "rhat", "ess_bulk")
  some <- seq(1000, 5000, 1000)
  # brms 2.18 leaves the lower bound of counts out of their mean, not out of their likelihood.
  discrete <- case$family == "poisson"
  list(
    name = case$name, formulas = case$formulas, family = case$family, link = case$link,
    divergences = rstan::get_num_divergent(fit$fit),
    names = summary$variable, mean = digits(summary$mean), sd = digits(summary$sd),
    mcse = digits(summary$mcse_mean), mcseSd = digits(summary$mcse_sd),
    rhat = max(summary$rhat), ess = min(summary$ess_bulk),
    draws = table_of(as_draws_matrix(draws)[some, ]),
    logLikelihood = table_of(log_lik(fit, draw_ids = some)),
    expected = if (discrete) list() else table_of(posterior_epred(fit, draw_ids = some))
  )
}

made <- list()
for (case in cases) {
  cat(format(Sys.time(), "%H:%M:%S"), case$name, "\n")
  made <- c(made, list(reference(case)))
}
writeLines(jsonlite::toJSON(
  list(columns = columns, cases = made), auto_unbox = TRUE, digits = NA, dataframe = "rows", pretty = FALSE
), "limits.json")
