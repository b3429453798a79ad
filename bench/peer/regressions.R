# Fits the cases of test/peer by brms as a user would by default (4 chains of 1,000 + 1,000 draws),
# one core, and prints a JSON line a fit: seconds of the chains by Stan's own clock (warm-up and
# sampling of all chains), of compiling, least bulk and tail ESS of the reported parameters without
# group effects, divergences. Arguments: the folder of test/peer, a folder for compiled programs, a
# file with the names of the cases, how often each is fitted.
suppressMessages({ library(brms); library(posterior); library(jsonlite) })
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
cache <- arguments[2]
wanted <- fromJSON(arguments[3])
repeats <- as.integer(arguments[4])
source(file.path(folder, "brms-fit.R"))
cases <- fromJSON(file.path(folder, "cases.json"), simplifyVector = FALSE)
data <- fromJSON(file.path(folder, "data.json"), simplifyVector = TRUE, simplifyDataFrame = FALSE)
for (case in cases) {
  if (!case$name %in% wanted) next
  for (i in seq_len(repeats)) {
    one <- brms_fit(
      case, data, cache, chains = 4, warmup = 1000, draws = 1000, seed = 2024 + i, adapt_delta = 0.8
    )
    names <- grep("^r_", reported(one$fit), value = TRUE, invert = TRUE)
    rows <- suppressWarnings(
      summarise_draws(subset_draws(as_draws_array(one$fit), names), "ess_bulk", "ess_tail", "rhat")
    )
    cat(toJSON(list(
      name = case$name, seconds = sum(one$seconds), compile = one$compile, bulk = min(rows$ess_bulk),
      tail = min(rows$ess_tail), rhat = max(rows$rhat), divergences = one$divergences,
      parameters = rows$variable
    ), auto_unbox = TRUE, digits = 8), "\n")
  }
}
