# Makes loo-moment-match.json: moment matching by R's package loo, of the example of its own tests (a normal sample
# with an outlier, posterior in closed form), with all draws. The tests read the file; R is needed only to make it anew:
#
#   install.packages("loo") in R; made with loo 2.10.1
#   cd test/reference && Rscript loo-moment-match.R && npx biome format --write loo-moment-match.json
#
# loo 2.10.1 subtracts the shift of T^-1 without scaling it back. "matched" is by loo with this corrected, as below.
suppressPackageStartupMessages(library(loo))
set.seed(123, kind = "Mersenne-Twister", normal.kind = "Inversion")
S <- 1000
n <- 30
short <- function(x) round(x * 1e5) / 1e5
y <- short(rnorm(n, 1.3, 1.1))
y[1] <- 11
y[2] <- -6
s2 <- var(y)
sigma <- sqrt((n - 1) * s2 / rchisq(S, n - 1))
draws <- short(cbind(rnorm(S, mean(y), sigma / sqrt(n)), log(sigma)))

density <- function(upars) {
  sigma <- exp(upars[, 2])
  # p(mu, sigma^2) in proportion to 1 / sigma^2, and the Jacobian of the logarithm.
  -n * upars[, 2] - ((n - 1) * s2 + n * (mean(y) - upars[, 1])^2) / (2 * sigma^2)
}
log_lik <- function(upars, i) dnorm(y[i], upars[, 1], exp(upars[, 2]), log = TRUE)
ll <- sapply(seq_len(n), function(i) log_lik(draws, i))
chain_id <- rep(1, S)
r_eff <- relative_eff(exp(ll), chain_id = chain_id)
first <- suppressWarnings(loo(ll, r_eff = r_eff))

text <- paste(deparse(loo:::loo_moment_match_split, width.cutoff = 500), collapse = "\n")
replaced <- function(text, from, to) {
  stopifnot(length(gregexpr(from, text, fixed = TRUE)[[1]]) == 1, grepl(from, text, fixed = TRUE))
  sub(from, to, text, fixed = TRUE)
}
text <- replaced(text, "mean_original - total_shift", "mean_original")
text <- replaced(text, "upars_trans_inv <- sweep(upars, 2, mean_original,", "upars_trans_inv <- sweep(upars, 2, mean_original + total_shift,")
corrected <- eval(parse(text = text), envir = asNamespace("loo"))
assignInNamespace("loo_moment_match_split", corrected, ns = "loo")
matched <- suppressWarnings(loo_moment_match(
  NULL, first,
  post_draws = function(x, ...) draws,
  log_lik_i = function(x, i, ...) log_lik(draws, i),
  unconstrain_pars = function(x, pars, ...) pars,
  log_prob_upars = function(x, upars, ...) density(upars),
  log_lik_i_upars = function(x, upars, i, ...) log_lik(upars, i),
  max_iters = 30L, k_threshold = 0.3, split = TRUE, cov = TRUE
))

numbers <- function(x, format = "%.17g") paste0("[", paste(sprintf(format, x), collapse = ", "), "]")
result <- function(l) sprintf('{"elpdLoo": %s, "paretoK": %s}',
  numbers(l$pointwise[, "elpd_loo"]), numbers(l$diagnostics$pareto_k))
writeLines(sprintf(
  '{"loo": "%s", "threshold": 0.3, "variance": %s,\n"y": %s,\n"draws": %s,\n"first": %s,\n"matched": %s}',
  as.character(packageVersion("loo")), sprintf("%.17g", s2), numbers(y, "%.15g"), numbers(t(draws), "%.15g"),
  result(first), result(matched)
), "loo-moment-match.json")
