# Makes summaries.json: means and standard deviations of posteriordb's reference draws (Magnusson et
# al. 2025, "posteriordb: Testing, benchmarking and developing Bayesian inference algorithms"), which
# the tests here hold our fits to. Of posteriordb only these summaries are here.
#
#   git clone https://github.com/stan-dev/posteriordb
#   cd test/peer/posteriordb && Rscript summaries.R ../../../../posteriordb
suppressMessages({ library(posterior); library(jsonlite) })
root <- file.path(commandArgs(trailingOnly = TRUE)[1], "posterior_database")
folder <- file.path(root, "reference_posteriors", "draws", "draws")

draws_of <- function(file) {
  entry <- unzip(file, list = TRUE)$Name[1]
  connection <- unz(file, entry)
  on.exit(close(connection))
  chains <- fromJSON(paste(readLines(connection, warn = FALSE), collapse = ""), simplifyVector = FALSE)
  as_draws_array(do.call(bind_draws, c(
    lapply(chains, function(chain) as_draws_array(do.call(cbind, lapply(chain, unlist)))),
    along = "chain"
  )))
}

summary_of <- function(file) {
  rows <- summarise_draws(draws_of(file), "mean", "sd", "mcse_mean", "mcse_sd", "rhat")
  stopifnot(max(rows$rhat) < 1.01)
  toJSON(list(
    name = sub("\\.json\\.zip$", "", basename(file)), parameters = rows$variable,
    mean = signif(rows$mean, 7), sd = signif(rows$sd, 7),
    mcse_mean = signif(rows$mcse_mean, 4), mcse_sd = signif(rows$mcse_sd, 4)
  ), auto_unbox = TRUE, digits = NA)
}

files <- sort(list.files(folder, "\\.json\\.zip$", full.names = TRUE), method = "radix")
writeLines(c("[", paste(vapply(files, summary_of, ""), collapse = ",\n"), "]"), "summaries.json")
