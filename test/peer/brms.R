# Fits every case of cases.json by brms and writes references.json: what brms.test.ts holds our
# regressions to. Tests never need R; to make the file anew (an hour on one core):
#
#   apt-get install r-base-core r-cran-brms r-cran-rstan r-cran-posterior r-cran-jsonlite  (Debian 12)
#   cd test/peer && Rscript brms.R CACHE [CASE ...]
#
# CACHE is a folder for compiled Stan programs and finished fits. Cases that references.json has are
# kept as they are, others fitted. Cases given by name are fitted anew: name those that you change. A
# case that fails is told and left out.
suppressMessages({ library(brms); library(posterior); library(jsonlite) })
source("brms-fit.R")
arguments <- commandArgs(trailingOnly = TRUE)
cache <- arguments[1]
again <- arguments[-1]
cases <- fromJSON("cases.json", simplifyVector = FALSE)
data <- fromJSON("data.json", simplifyVector = TRUE, simplifyDataFrame = FALSE)

chains <- 4
warmup <- 1000
# Group effects beyond these are as the ones before them.
most_effects <- 40

# Numbers with enough digits for a comparison to a few percent of a Monte Carlo error.
short <- function(x, digits = 7) signif(x, digits)

# A column a measure, a place a parameter.
summarised <- function(draws) {
  rows <- suppressWarnings(summarise_draws(
    draws, "mean", "sd", ~ quantile2(.x, c(0.05, 0.5, 0.95)),
    "mcse_mean", "mcse_sd", "ess_bulk", "ess_tail", "rhat"
  ))
  digits <- c(mcse_mean = 4, mcse_sd = 4, ess_bulk = 4, ess_tail = 4, rhat = 5)
  columns <- lapply(setNames(nm = names(rows)[-1]), function(name) {
    short(rows[[name]], if (name %in% names(digits)) digits[[name]] else 7)
  })
  c(list(name = rows$variable), columns)
}

# The rows that say something: the others stand for coefficients that take the prior of their class.
resolved_priors <- function(fit) {
  rows <- as.data.frame(prior_summary(fit))
  rows[nzchar(rows$prior), c("prior", "class", "coef", "group", "lb", "ub", "source")]
}

reference <- function(case) {
  # Draws are cheap where no effects vary by groups.
  usual <- if (grepl("~.*\\|", case$formula)) 5000 else 10000
  draws <- if (is.null(case$brms$draws)) usual else case$brms$draws
  one <- brms_fit(
    case, data, cache, chains = chains, warmup = warmup, draws = draws, seed = 2025,
    adapt_delta = if (is.null(case$brms$adaptDelta)) 0.8 else case$brms$adaptDelta
  )
  all <- subset_draws(as_draws_array(one$fit), reported(one$fit))
  names <- variables(all)
  effects <- grep("^r_", names)
  kept <- setdiff(names, names[effects[-seq_len(min(most_effects, length(effects)))]])
  # Constants have no R-hat.
  kept <- kept[vapply(kept, function(name) sd(extract_variable(all, name)) > 0, NA)]
  list(
    name = case$name, rows = nobs(one$fit), draws = chains * draws, divergences = one$divergences,
    seconds = list(warmup = short(one$seconds[[1]]), sampling = short(one$seconds[[2]])),
    priors = resolved_priors(one$fit), names = names,
    parameters = summarised(subset_draws(all, kept))
  )
}

# A case a line.
line <- function(x) toJSON(x, auto_unbox = TRUE, digits = NA, dataframe = "rows")
name_of <- function(text) fromJSON(text)$name
before <- sub(",$", "", grep("^\\{\"name\"", readLines("references.json"), value = TRUE))
names(before) <- vapply(before, name_of, "")

finished <- list()
for (case in cases) {
  if (case$name %in% setdiff(names(before), again)) {
    finished <- c(finished, before[[case$name]])
    next
  }
  file <- file.path(cache, paste0("reference-", digest::digest(case), ".rds"))
  if (!file.exists(file) || case$name %in% again) {
    result <- tryCatch(reference(case), error = function(e) {
      cat(format(Sys.time(), "%H:%M:%S"), case$name, "FAILED:", conditionMessage(e), "\n")
      NULL
    })
    if (is.null(result)) next
    saveRDS(result, file)
  }
  result <- readRDS(file)
  of <- function(key) result$parameters[[key]]
  cat(sprintf(
    "%s %s: %.1f s, %d divergences, R-hat %.4f, ESS bulk %.0f tail %.0f\n", format(Sys.time(), "%H:%M:%S"),
    case$name, result$seconds$warmup + result$seconds$sampling, result$divergences,
    max(of("rhat")), min(of("ess_bulk")), min(of("ess_tail"))
  ))
  finished <- c(finished, line(result))
}
version <- function(package) as.character(packageVersion(package))
versions <- list(
  R = paste(R.version$major, R.version$minor, sep = "."),
  brms = version("brms"), rstan = version("rstan"), posterior = version("posterior")
)
writeLines(c(
  paste0("{\"versions\": ", line(versions), ",\n\"cases\": ["),
  paste(finished, collapse = ",\n"),
  "]}"
), "references.json")
