# Makes missing.json: a regression with missing values of a predictor, fitted by brms. The tests read the file; R is
# needed only to make it anew (two minutes on one core: Stan compiles the model):
#
#   apt-get install r-base-core r-cran-brms r-cran-posterior r-cran-jsonlite libboost-dev    (Debian 12)
#   cd test/reference && Rscript missing.R && npx biome format --write missing.json
#
# The data are `reports` of test/peer/data.json.
suppressPackageStartupMessages({ library(brms); library(posterior); library(jsonlite) })
# Debian's BH is a package without files: its Boost is the system's.
if (!nzchar(rstan::rstan_options("boost_lib"))) rstan::rstan_options(boost_lib = "/usr/include")

rows <- as.data.frame(fromJSON("../peer/data.json")$reports$columns)
formula <- bf(used ~ mi(seen) * z) + bf(seen | mi() ~ z) + set_rescor(FALSE)
fit <- brm(
  formula, rows, prior = set_prior("normal(0, 1)", class = "b", resp = "used"),
  chains = 4, iter = 6000, warmup = 1000, cores = 1, refresh = 0, seed = 2025
)
draws <- subset_draws(as_draws_array(fit), setdiff(variables(fit), c("lprior", "lp__", "Intercept_used", "Intercept_seen")))
found <- summarise_draws(draws, "mean", "sd", "mcse_mean", "mcse_sd")
write_json(
  list(brms = as.character(packageVersion("brms")), parameters = found), "missing.json", digits = 7, auto_unbox = TRUE
)
