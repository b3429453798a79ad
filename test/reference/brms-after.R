# Makes brms-after.json: two small fits by brms, their data and draws in full, with what brms computes
# from them. The tests read the file; R is needed only to make it anew (some minutes: Stan compiles):
#
#   apt-get install r-base-core r-cran-brms r-cran-jsonlite libboost-dev    (Debian 12)
#   cd test/reference && Rscript brms-after.R && npx biome format --write brms-after.json
#
# With a folder in the variable FITS, compiled fits are kept there.
suppressPackageStartupMessages(library(brms))
# Debian's BH is a package without files: its Boost is the system's.
if (!nzchar(rstan::rstan_options("boost_lib"))) rstan::rstan_options(boost_lib = "/usr/include")
kept <- Sys.getenv("FITS", tempdir())
set.seed(20250802)

n <- 60
gaussian_data <- data.frame(
  x = round(rnorm(n), 3), f = sample(c("a", "b", "c"), n, TRUE),
  late = runif(n) < 0.4, g = sample(paste0("g", 1:6), n, TRUE)
)
at <- function(values, of) values[as.integer(factor(of))]
level <- at(rnorm(6, 0, 0.7), gaussian_data$g)
slope <- at(rnorm(6, 0, 0.3), gaussian_data$g)
gaussian_data$y <- with(gaussian_data, round(
  1 + 0.8 * x + at(c(0, 1, -1), f) + 0.5 * x * (f == "c") + 0.6 * late + level + slope * x +
    rnorm(n, 0, 0.6), 3
))
m <- 50
bernoulli_data <- data.frame(d1 = round(rnorm(m), 3), d2 = round(rnorm(m, 1), 3))
bernoulli_data$s <- with(
  bernoulli_data, as.integer(runif(m) < plogis(0.4 + 0.9 * d1 - 0.5 * d2 + 0.3 * d1 * d2))
)

# Few draws: they are given in full, and need not be good ones.
fit <- function(name, ...) {
  brm(..., chains = 2, iter = 400, warmup = 300, seed = 1, refresh = 0, cores = 1,
      file = file.path(kept, name))
}
gaussian_fit <- fit("gaussian", y ~ x * f + late + (1 + x | g), data = gaussian_data)
bernoulli_fit <- fit("bernoulli", s ~ d1 * d2, data = bernoulli_data, family = bernoulli())

# (row or level, statistic) as rows of four numbers.
rows <- function(x) unname(as.matrix(x[, c("Estimate", "Est.Error", "Q2.5", "Q97.5"), drop = FALSE]))
by_coefficient <- function(x) {
  lapply(dimnames(x)[[3]], function(name) {
    list(coefficient = name, levels = rownames(x), rows = rows(matrix(
      x[, , name], nrow(x), dimnames = list(NULL, colnames(x))
    )))
  })
}
effects <- function(fit, name, ...) {
  table <- conditional_effects(fit, name, ...)[[1]]
  list(
    effects = name, method = "posterior_epred", first = as.character(table[["effect1__"]]),
    rows = unname(as.matrix(table[, c("estimate__", "se__", "lower__", "upper__")]))
  )
}
hypotheses <- function(fit, texts, ...) {
  table <- hypothesis(fit, texts, ...)$hypothesis
  lapply(seq_along(texts), function(i) {
    row <- table[i, ]
    list(
      text = texts[i], hypothesis = row$Hypothesis,
      numbers = as.numeric(row[c("Estimate", "Est.Error", "CI.Lower", "CI.Upper")]),
      evidRatio = format(row$Evid.Ratio, digits = 17), postProb = row$Post.Prob, star = row$Star
    )
  })
}
common <- function(fit, data) {
  draws <- as_draws_matrix(fit)
  names <- setdiff(variables(fit), c("lprior", "lp__"))
  list(
    formula = deparse1(formula(fit)$formula),
    data = as.list(data),
    parameterNames = names,
    # One chain after the other, a draw a row.
    draws = unname(unclass(draws[, names])),
    fixef = rows(fixef(fit)),
    fixefRobust = rows(fixef(fit, robust = TRUE)),
    fitted = rows(fitted(fit)),
    linpred = rows(fitted(fit, scale = "linear", re_formula = NA)),
    r2 = as.numeric(bayes_R2(fit)),
    printed = capture.output(print(summary(fit)))
  )
}

new_rows <- data.frame(
  x = c(-1.5, 0, 0.25, 2), f = c("b", "a", "c", "c"), late = c(TRUE, FALSE, TRUE, FALSE),
  g = c("g1", "g6", "g6", "g3")
)
gaussian_part <- c(common(gaussian_fit, gaussian_data), list(
  newRows = as.list(new_rows),
  fittedNew = rows(fitted(gaussian_fit, newdata = new_rows)),
  fittedNewRobust = rows(fitted(gaussian_fit, newdata = new_rows, robust = TRUE, probs = c(0.025, 0.975))),
  fittedNewNoGroups = rows(fitted(gaussian_fit, newdata = new_rows, re_formula = NA)),
  ranef = by_coefficient(ranef(gaussian_fit)$g),
  coef = by_coefficient(coef(gaussian_fit)$g),
  defaultEffects = names(conditional_effects(gaussian_fit)),
  conditionalEffects = list(
    effects(gaussian_fit, "x"), effects(gaussian_fit, "f"), effects(gaussian_fit, "late"),
    effects(gaussian_fit, "x:f", resolution = 10), effects(gaussian_fit, "f:x"),
    effects(gaussian_fit, "late:f")
  ),
  # With a value for another column, and with the effects of a group.
  conditioned = effects(
    gaussian_fit, "f", conditions = data.frame(x = 2, g = "g2"), re_formula = NULL
  ),
  hypotheses = hypotheses(gaussian_fit, c(
    "x > 0", "fb - fc = 2", "x:fb + 1 < exp(fb)^2", "lateTRUE > fb / 2 + fc", "-x^2 < 0",
    "abs(fc) = sqrt(2)", "2 - 1 - x > log(2) * 3 / 2 / 5"
  )),
  hypothesesOfSd = hypotheses(gaussian_fit, c("Intercept > x", "x < 0.1"), class = "sd", group = "g", alpha = 0.1)
))
bernoulli_part <- c(common(bernoulli_fit, bernoulli_data), list(
  defaultEffects = names(conditional_effects(bernoulli_fit)),
  conditionalEffects = list(
    effects(bernoulli_fit, "d1"), effects(bernoulli_fit, "d1:d2", resolution = 10),
    effects(bernoulli_fit, "d2:d1", resolution = 10)
  ),
  hypotheses = hypotheses(bernoulli_fit, c("d1 > d2", "d1:d2 = 0"))
))

writeLines(jsonlite::toJSON(list(
  versions = list(brms = as.character(packageVersion("brms"))),
  gaussian = gaussian_part, bernoulli = bernoulli_part
), digits = NA, auto_unbox = TRUE, na = "null"), "brms-after.json")
