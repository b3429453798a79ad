# Makes default-priors.json: what brms' get_prior gives for every family, for outcomes with zeros,
# large scales, logarithms and links that are not the default, and for group terms; and what its
# validate_prior makes of priors that a user gives. The tests read the file; R is needed only to make
# it anew:
#
#   apt-get install r-base-core r-cran-brms    (Debian 12: brms 2.18.0)
#   cd test/reference && LC_ALL=C.UTF-8 Rscript default-priors.R && npx biome format --write default-priors.json
#
# Outcomes have at most five decimals, so that the decimal in the file is the double that R used.
suppressPackageStartupMessages(library(brms))
set.seed(20250806, kind = "Mersenne-Twister", normal.kind = "Inversion")

short <- function(x) round(x * 1e5) / 1e5
n <- 24
base <- data.frame(
  x1 = short(rnorm(n)), x2 = short(runif(n)), g = rep(c("a", "b", "c", "d"), 6),
  h = rep(c("u", "v", "w"), each = 8), trials = rep(c(10, 20, 40), 8), w = short(rexp(n, 0.1) + 1)
)
outcomes <- list(
  normal = short(rnorm(n, 3, 2)),
  wide = short(rnorm(n, -300, 120)),
  huge = short(rnorm(n, 5e6, 1e6)),
  tiny = short(rnorm(n, 0.01, 0.001)),
  positive = short(rlnorm(n, 4, 3) + 1e-4),
  "positive with zeros" = c(rep(0, 9), short(rlnorm(n - 9, 2, 4))),
  "a round hundred thousand" = rep(c(1e5, 3e5, -1e5), 8),
  counts = rpois(n, 6),
  "counts with zeros" = c(rep(0, 14), rpois(n - 14, 900)),
  "large counts" = rnbinom(n, mu = 5e4, size = 0.3),
  binary = rbinom(n, 1, 0.4),
  successes = rbinom(n, 10, 0.3)
)
none <- y ~ 1
plain <- y ~ x1 * x2
grouped <- y ~ x1 + (1 + x1 | g)
crossed <- y ~ x1 * x2 + (1 + x1 | g) + (x2 || h)
without <- y ~ 0 + x1 + (1 | h) + (0 + x2 | h)
shifted <- y ~ x1 + offset(log(w))
twoOffsets <- y ~ 0 + x1 + offset(w)
trials <- y | trials(trials) ~ x1 + (1 | g)
cases <- list(
  list(gaussian(), plain, c("normal", "wide", "huge", "tiny", "a round hundred thousand", "counts")),
  list(gaussian(), crossed, c("normal", "wide")),
  list(gaussian(), without, "wide"),
  list(gaussian(), shifted, c("normal", "wide", "huge")),
  list(gaussian(), twoOffsets, "normal"),
  list(gaussian(), none, "normal"),
  list(gaussian("log"), grouped, c("positive", "positive with zeros", "normal", "wide")),
  list(gaussian("inverse"), plain, c("positive", "positive with zeros", "normal")),
  list(student(), grouped, c("normal", "wide", "positive with zeros")),
  list(student("log"), plain, c("positive", "positive with zeros")),
  list(student("inverse"), shifted, c("positive", "tiny")),
  list(bernoulli(), crossed, "binary"),
  list(bernoulli("probit"), plain, "binary"),
  list(bernoulli("cloglog"), shifted, "binary"),
  list(bernoulli("cauchit"), none, "binary"),
  list(bernoulli("log"), plain, "binary"),
  list(binomial(), trials, "successes"),
  list(binomial("probit"), trials, "successes"),
  list(binomial("log"), trials, "successes"),
  list(poisson(), grouped, c("counts", "counts with zeros", "large counts")),
  list(poisson(), shifted, c("counts", "counts with zeros")),
  list(poisson("identity"), plain, c("counts", "large counts")),
  list(poisson("sqrt"), shifted, c("counts", "large counts")),
  list(negbinomial(), crossed, c("counts", "counts with zeros", "large counts")),
  list(negbinomial("sqrt"), without, "large counts"),
  list(negbinomial("identity"), none, "large counts")
)

rows <- function(prior) {
  shown <- as.data.frame(brms:::prepare_print_prior(prior))
  lapply(seq_len(nrow(shown)), function(i) {
    as.list(shown[i, c("prior", "class", "coef", "group", "lb", "ub", "source")])
  })
}
defaults <- do.call(c, lapply(cases, function(case) {
  lapply(case[[3]], function(name) {
    prior <- get_prior(case[[2]], data = cbind(base, y = outcomes[[name]]), family = case[[1]])
    list(
      family = case[[1]]$family, link = case[[1]]$link, formula = deparse(case[[2]]), outcome = name,
      rows = rows(prior)
    )
  })
}))

# What a user gives: text, class, coef, group, lb, ub; empty where absent.
p <- function(prior, class, coef = "", group = "", lb = "", ub = "") {
  list(prior = prior, class = class, coef = coef, group = group, lb = lb, ub = ub)
}
given <- list(
  list(gaussian(), crossed, list(
    p("normal(0, 1)", "b"), p("normal(0, 2)", "b", "x1"), p("exponential(1)", "sd", group = "g"),
    p("lkj(2)", "cor"), p("normal(0, 3)", "sd", "x1", "g"), p("normal(1, 1)", "Intercept")
  )),
  list(gaussian(), plain, list(p("normal(0, 1)", "b", lb = "0"), p("cauchy(0, 5)", "sigma", ub = "30"))),
  list(gaussian(), grouped, list(p("student_t(4, 0, 1)", "sd"), p("lkj(3)", "cor", group = "g"))),
  list(gaussian(), crossed, list(
    p("normal(0, 1)", "sd", "Intercept", "h"), p("normal(0, 2)", "sd", group = "h"),
    p("normal(0, 3)", "sd")
  )),
  list(student(), plain, list(p("gamma(4, 1)", "nu"), p("normal(0, 10)", "sigma"))),
  list(gaussian(), without, list(p("normal(0, 5)", "b"), p("normal(0, 1)", "sd", "x2", "h")))
)
resolved <- lapply(given, function(case) {
  priors <- lapply(case[[3]], function(row) {
    bound <- function(x) if (nzchar(x)) x else NA
    set_prior(
      row$prior, class = row$class, coef = row$coef, group = row$group, lb = bound(row$lb),
      ub = bound(row$ub)
    )
  })
  data <- cbind(base, y = outcomes$normal)
  table <- validate_prior(Reduce("+", priors), case[[2]], data = data, family = case[[1]])
  # brms renames correlations to their Cholesky factors within.
  table$class <- sub("^L$", "cor", table$class)
  table$prior <- sub("lkj_corr_cholesky", "lkj", table$prior)
  list(
    family = case[[1]]$family, link = case[[1]]$link, formula = deparse(case[[2]]),
    outcome = "normal", given = case[[3]], rows = rows(table)
  )
})

# A table as brms prints it, without the columns resp, dpar and nlpar.
printed <- capture.output(print(
  as.data.frame(brms:::prepare_print_prior(
    get_prior(grouped, data = cbind(base, y = outcomes$wide))
  ))[c("prior", "class", "coef", "group", "lb", "ub", "source")],
  row.names = FALSE
))

quoted <- function(x) paste0('"', gsub('"', '\\\\"', x), '"')
json <- function(x) {
  if (is.character(x) && length(x) == 1) return(quoted(x))
  if (is.character(x)) return(paste0("[", paste(quoted(x), collapse = ", "), "]"))
  if (is.numeric(x)) return(paste0("[", paste(sprintf("%.15g", x), collapse = ", "), "]"))
  if (is.null(names(x))) return(paste0("[", paste(vapply(x, json, ""), collapse = ",\n"), "]"))
  paste0("{", paste0(quoted(names(x)), ": ", vapply(x, json, ""), collapse = ",\n"), "}")
}
exact <- vapply(c(as.list(base[c("x1", "x2", "w")]), outcomes), function(x) {
  all(as.numeric(sprintf("%.15g", x)) == x)
}, TRUE)
stopifnot(exact)
writeLines(json(list(
  versions = list(
    R = paste(R.version$major, R.version$minor, sep = "."), brms = as.character(packageVersion("brms"))
  ),
  data = as.list(base), outcomes = outcomes, defaults = defaults, resolved = resolved,
  printed = printed
)), "default-priors.json")
