# Fits the joint model of choices and reports of a JSON file by rstan, one core, 4 chains of
# 1,000 + 1,000 draws, and prints a JSON line a fit: seconds that the chains took by Stan's own clock,
# and mean, sd, MCSE and ESS of each hyperparameter (posterior).
suppressMessages({ library(rstan); library(posterior); library(jsonlite) })
arguments <- commandArgs(trailingOnly = TRUE)
fits <- fromJSON(arguments[1], simplifyVector = TRUE, simplifyDataFrame = FALSE)
# Debian's BH is a package without files: its Boost is the system's.
if (!nzchar(rstan_options("boost_lib"))) rstan_options(boost_lib = "/usr/include")
model <- stan_model(arguments[2])
parameters <- c("rho", "tau_w", "mu_a", "tau_a", "mu_r", "tau_r")
for (fit in fits) {
  data <- list(
    C = fit$contexts, P = fit$attributes, N = length(fit$outcomes), ctx = fit$ctx, y = as.integer(fit$outcomes),
    d = matrix(fit$differences, ncol = fit$attributes, byrow = TRUE),
    M = length(fit$means), rc = fit$rc, ra = fit$ra, rbar = fit$means, rse = fit$se
  )
  sampled <- suppressWarnings(sampling(
    model, data, chains = 4, iter = 2000, cores = 1, refresh = 0, seed = as.integer(arguments[3]), pars = parameters
  ))
  rows <- summarise_draws(
    subset_draws(as_draws_array(sampled), parameters), "mean", "sd", "mcse_mean", "ess_bulk", "ess_tail"
  )
  cat(toJSON(list(seconds = sum(get_elapsed_time(sampled)), parameters = rows), auto_unbox = TRUE, digits = 8), "\n")
}
