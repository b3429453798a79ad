# Makes brms-loo.json: LOO and WAIC of regressions by brms, on data that ship with R. The tests read
# the file; R is needed only to make it anew:
#
#   apt-get install r-base-core r-cran-brms libboost-dev    (Debian 12)
#   cd test/reference && Rscript brms-loo.R && npx biome format --write brms-loo.json
suppressPackageStartupMessages({
  library(brms)
  library(loo)
})
# Debian's BH is a package without files: its Boost is the system's.
if (!nzchar(rstan::rstan_options("boost_lib"))) rstan::rstan_options(boost_lib = "/usr/include")
models <- list(
  cars = list(formula = dist ~ speed, data = cars, family = gaussian()),
  sprays = list(formula = count ~ spray, data = InsectSprays, family = negbinomial())
)
rows <- lapply(names(models), function(name) {
  m <- models[[name]]
  fit <- brm(m$formula, m$data, m$family, seed = 2025, chains = 4, iter = 6000, warmup = 1000, cores = 1, refresh = 0)
  l <- loo(fit)
  w <- waic(fit)
  columns <- vapply(names(m$data), function(column) {
    values <- m$data[[column]]
    text <- if (is.numeric(values)) sprintf("%.15g", values) else sprintf('"%s"', values)
    sprintf('"%s": [%s]', column, paste(text, collapse = ", "))
  }, "")
  numbers <- function(x) paste0("[", paste(sprintf("%.10g", x), collapse = ", "), "]")
  sprintf('{"name": "%s", "formula": "%s", "data": {%s},\n"elpdLoo": %s, "mcseElpdLoo": %s, "paretoK": %s, "elpdWaic": %s, "estimates": %s}',
    name, gsub(" +", " ", deparse(m$formula)), paste(columns, collapse = ", "),
    numbers(l$pointwise[, "elpd_loo"]), numbers(l$pointwise[, "mcse_elpd_loo"]), numbers(l$diagnostics$pareto_k),
    numbers(w$pointwise[, "elpd_waic"]), numbers(as.numeric(t(l$estimates))))
})
writeLines(paste0("[", paste(rows, collapse = ",\n"), "]"), "brms-loo.json")
