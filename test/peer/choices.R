# Reference posteriors of choices, by Stan: Rscript test/peer/choices.R test/peer/choices.json
# Reads the data of choices.json and writes the summaries of the draws into it.
library(rstan)
library(jsonlite)
library(posterior)
# Debian's BH is a package without files: its Boost is the system's.
if (!nzchar(rstan_options("boost_lib"))) rstan_options(boost_lib = "/usr/include")
file <- commandArgs(TRUE)[1]
all <- fromJSON(file)
all$rows <- as.data.frame(all$rows)
model <- stan_model(file.path(dirname(file), "choices.stan"))
rows <- all$rows
for (name in names(all$cases)) {
  case <- all$cases[[name]]
  rank <- if (case$ranked) rows$rank else ifelse(rows$rank == 1, 1, 0)
  order <- order(rows$task, ifelse(rank == 0, 99, rank))
  sorted <- rows[order, ]
  rank <- rank[order]
  x <- cbind(sorted$price, sorted$quality, as.numeric(sorted$option == "B"), as.numeric(sorted$option == "C"))
  start <- which(!duplicated(sorted$task))
  data <- list(
    options = nrow(sorted), sets = length(start), predictors = 4, persons = max(sorted$person),
    x = x, start = start, many = as.integer(table(sorted$task)),
    chosen = as.integer(tapply(rank > 0, sorted$task, sum)),
    person = sorted$person[start], mixed = as.integer(case$mixed)
  )
  fit <- sampling(model, data, chains = 4, iter = 6000, warmup = 1000, cores = 1, seed = 1, refresh = 0,
                  control = list(adapt_delta = 0.95))
  draws <- as_draws_df(as.array(fit, pars = c("b", if (case$mixed) "sd_price")))
  s <- summarise_draws(draws, "mean", "sd", "mcse_mean", "mcse_sd", "rhat", "ess_bulk")
  s$variable <- c("b_price", "b_quality", "b_optionB", "b_optionC", if (case$mixed) "sd_person__price")
  all$cases[[name]]$summary <- as.data.frame(s)
  print(s)
}
all$rows <- as.list(all$rows)
write(toJSON(all, auto_unbox = TRUE, digits = 8, pretty = FALSE), file)
