# Fits the regressions of a JSON file by brms, one core, 4 chains of 1,000 + 1,000 draws: the first
# is compiled, the others are updates of it, each with its summary. Prints a JSON line a fit: seconds
# of update and summary by the wall, least bulk and tail ESS. The line of the first has its compile.
suppressMessages({ library(brms); library(jsonlite) })
arguments <- commandArgs(trailingOnly = TRUE)
fits <- fromJSON(arguments[1], simplifyVector = TRUE, simplifyDataFrame = FALSE)
# Debian's BH is a package without files: its Boost is the system's.
if (!nzchar(rstan::rstan_options("boost_lib"))) rstan::rstan_options(boost_lib = "/usr/include")
frame <- function(fit) {
  x <- as.data.frame(matrix(fit$values, ncol = fit$columns, byrow = TRUE))
  names(x) <- paste0("d", seq_len(fit$columns))
  cbind(selection = as.integer(fit$outcomes), x)
}
line <- function(started, rows, ...) {
  cat(toJSON(list(
    seconds = proc.time()[["elapsed"]] - started, bulk = min(rows$Bulk_ESS),
    tail = min(rows$Tail_ESS), ...
  ), auto_unbox = TRUE, digits = 8), "\n")
}
first <- frame(fits[[1]])
formula <- reformulate(setdiff(names(first), "selection"), response = "selection")
started <- proc.time()[["elapsed"]]
model <- suppressWarnings(suppressMessages(brm(
  formula, data = first, family = bernoulli(), prior = set_prior("normal(0, 1)", class = "b"),
  chains = 4, iter = 2000, cores = 1, refresh = 0, seed = 2025
)))
line(started, summary(model)$fixed, compiled = TRUE)
for (fit in fits) {
  started <- proc.time()[["elapsed"]]
  updated <- suppressWarnings(suppressMessages(update(
    model, newdata = frame(fit), recompile = FALSE, cores = 1, refresh = 0, seed = 2025
  )))
  line(started, summary(updated)$fixed, compiled = FALSE)
}
