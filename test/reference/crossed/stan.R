# Long Stan runs on the data of test/support/crossed-data.ts: what crossed.test.ts and
# crossed.deep.test.ts hold our fits to. Tests never need R; to make the files anew:
#
#   apt-get install r-cran-rstan r-cran-posterior r-cran-jsonlite r-cran-digest  (Debian 12)
#   node bench/peer/scale.mjs --csv CSV
#   cd test/reference/crossed && Rscript stan.R CSV CACHE [NAME ...]; npm run fix
#
# CSV holds the tables, CACHE the compiled program. One core; times as in `runs` below.
suppressMessages({ library(rstan); library(posterior); library(jsonlite); library(digest) })
arguments <- commandArgs(trailingOnly = TRUE)
tables <- arguments[1]
cache <- arguments[2]
# Debian's BH is a package without files: its Boost is the system's.
if (!nzchar(rstan_options("boost_lib"))) rstan_options(boost_lib = "/usr/include")

# Draws are of each chain.
runs <- list(
  "10-x-100" = list(chains = 4, warmup = 1000, draws = 10000, centred = 1),
  "20-x-500" = list(chains = 4, warmup = 500, draws = 4000, centred = 1),
  "worked-examples-1400" = list(chains = 2, warmup = 250, draws = 2000, centred = 1),
  "50-x-2000" = list(chains = 2, warmup = 300, draws = 1500, centred = 1)
)
wanted <- if (length(arguments) > 2) arguments[-(1:2)] else names(runs)

program <- file.path(cache, "crossed.rds")
source <- "../../../bench/peer/crossed.stan"
if (!file.exists(program) || file.mtime(program) < file.mtime(source)) {
  dir.create(cache, showWarnings = FALSE, recursive = TRUE)
  saveRDS(stan_model(source, save_dso = TRUE), program)
}
model <- readRDS(program)

# The table as crossed.stan takes it. Columns of the matrix are models, or conditions.
matrix_of <- function(table) {
  study <- "examples" %in% names(table)
  column <- if (study) table$bank else table$model
  labels <- unique(column)
  first <- table[match(labels, column), , drop = FALSE]
  items <- unique(table$item)
  y <- matrix(NA_integer_, length(labels), length(items))
  y[cbind(match(column, labels), match(table$item, items))] <- table[[1]]
  x <- if (study) model.matrix(~ examples, first)[, -1, drop = FALSE] else matrix(0, length(labels), 0)
  list(
    y = y, x = x, items = items, labels = labels, group = if (study) "bank" else "model",
    effect = if (study) "shot" else "Intercept",
    grouped = if (study) first$shot else rep(1L, length(labels))
  )
}

# brms' names; spaces in levels become dots.
effect_names <- function(group, levels, of) sprintf("r_%s[%s,%s]", group, gsub(" ", ".", levels), of)

for (name in wanted) {
  run <- runs[[name]]
  file <- file.path(tables, paste0(name, ".csv"))
  data <- matrix_of(read.csv(file, stringsAsFactors = FALSE))
  # As brms: each item is as often in each column, so that the mean over columns is that over rows.
  centre <- colMeans(data$x)
  fit <- sampling(
    model, list(
      items = length(data$items), columns = length(data$labels), y = data$y,
      predictors = ncol(data$x), x = sweep(data$x, 2, centre),
      grouped = as.array(data$grouped), centred = run$centred
    ),
    pars = c("Intercept", "b", "sd_column", "sd_item", "effect", "item"), chains = run$chains, cores = 1,
    warmup = run$warmup, iter = run$warmup + run$draws, seed = 2026, refresh = max(1, run$draws %/% 10),
    control = list(adapt_delta = 0.9), init = function() list(
      Intercept = 0, b = rep(0, ncol(data$x)), column = rep(0, sum(data$grouped)),
      z = rnorm(length(data$items), 0, 0.5), sd_column = 1, sd_item = 1
    )
  )
  draws <- as_draws_array(fit)
  intercept <- extract_variable_matrix(draws, "Intercept")
  columns <- list()
  add <- function(name, values) columns[[name]] <<- values
  for (k in seq_along(centre)) {
    b <- extract_variable_matrix(draws, sprintf("b[%d]", k))
    intercept <- intercept - centre[k] * b
    add(paste0("b_", colnames(data$x)[k]), b)
  }
  add("b_Intercept", intercept)
  add(sprintf("sd_%s__%s", data$group, data$effect), extract_variable_matrix(draws, "sd_column"))
  add("sd_item__Intercept", extract_variable_matrix(draws, "sd_item"))
  # All columns, and twenty items spread over the table.
  named <- effect_names(data$group, data$labels[data$grouped == 1], data$effect)
  for (g in seq_along(named)) add(named[g], extract_variable_matrix(draws, sprintf("effect[%d]", g)))
  for (i in unique(round(seq(1, length(data$items), length.out = 20)))) {
    add(effect_names("item", data$items[i], "Intercept"), extract_variable_matrix(draws, sprintf("item[%d]", i)))
  }
  kept <- as_draws_array(array(
    unlist(columns), c(run$draws, run$chains, length(columns)),
    dimnames = list(NULL, NULL, variable = names(columns))
  ))
  rows <- as.data.frame(summarise_draws(kept, "mean", "sd", "mcse_mean", "mcse_sd", "ess_bulk", "ess_tail", "rhat"))
  measures <- names(rows)[-1]
  rows[measures] <- lapply(rows[measures], as.numeric)
  parameters <- lapply(seq_len(nrow(rows)), function(i) lapply(as.list(rows[i, measures]), signif, 6))
  names(parameters) <- rows$variable
  seconds <- colSums(get_elapsed_time(fit))
  version <- function(package) as.character(packageVersion(package))
  result <- list(
    sha256 = digest(file, algo = "sha256", file = TRUE),
    rstan = version("rstan"), posterior = version("posterior"), chains = run$chains, warmup = run$warmup,
    draws = run$draws, seconds = as.list(signif(seconds, 4)),
    gradients = sum(sapply(get_sampler_params(fit, inc_warmup = FALSE), function(p) sum(p[, "n_leapfrog__"]))),
    divergences = get_num_divergent(fit), parameters = parameters
  )
  writeLines(toJSON(result, auto_unbox = TRUE, digits = NA, pretty = 2), paste0(name, ".json"))
  cat(sprintf(
    "%s %s: %.0f s, %d divergences, R-hat %.4f, ESS bulk %.0f tail %.0f; sds %.0f\n", format(Sys.time(), "%H:%M:%S"),
    name, sum(seconds), get_num_divergent(fit), max(rows$rhat), min(rows$ess_bulk), min(rows$ess_tail),
    min(rows$ess_bulk[grepl("^sd_", rows$variable)])
  ))
}
