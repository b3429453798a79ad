# Fits the regressions of a JSON file by rstan, one core, 4 chains of 1,000 + 1,000 draws, and
# prints a JSON line a fit: seconds that the chains took by Stan's own clock, seconds of the whole
# call, least bulk and tail ESS (posterior), leapfrog steps after warm-up.
suppressMessages({ library(rstan); library(posterior); library(jsonlite) })
arguments <- commandArgs(trailingOnly = TRUE)
fits <- fromJSON(arguments[1], simplifyVector = TRUE, simplifyDataFrame = FALSE)
# Debian's BH is a package without files: its Boost is the system's.
if (!nzchar(rstan_options("boost_lib"))) rstan_options(boost_lib = "/usr/include")
model <- stan_model(arguments[2])
for (fit in fits) {
  x <- matrix(fit$values, ncol = fit$columns, byrow = TRUE)
  data <- list(n = nrow(x), k = ncol(x), x = x, y = as.integer(fit$outcomes))
  started <- proc.time()[["elapsed"]]
  sampled <- suppressWarnings(
    sampling(model, data, chains = 4, iter = 2000, cores = 1, refresh = 0, seed = 2025)
  )
  call <- proc.time()[["elapsed"]] - started
  draws <- as_draws_array(sampled)
  rows <- summarise_draws(subset_draws(draws, c("b", "b_Intercept")), "ess_bulk", "ess_tail")
  steps <- sum(sapply(get_sampler_params(sampled, inc_warmup = FALSE), function(p) sum(p[, "n_leapfrog__"])))
  cat(toJSON(list(
    seconds = sum(get_elapsed_time(sampled)), callSeconds = call, bulk = min(rows$ess_bulk),
    tail = min(rows$ess_tail), steps = steps
  ), auto_unbox = TRUE, digits = 8), "\n")
}
