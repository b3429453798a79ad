# Makes emmeans.json: what emmeans computes from given draws of a regression's coefficients. Data and
# draws are those of brms-after.json, and made up where they stand in emmeans.json itself. The tests
# read the file; R is needed only to make it anew:
#
#   apt-get install r-base-core r-cran-emmeans r-cran-coda r-cran-jsonlite    (Debian 12)
#   cd test/reference && Rscript emmeans.R && npx biome format --write emmeans.json
suppressPackageStartupMessages(library(emmeans))
set.seed(20250803)
emm_options(msg.interaction = FALSE, msg.nesting = FALSE)
fits <- jsonlite::fromJSON("brms-after.json")

population_of <- function(fit) {
  draws <- fit$draws
  colnames(draws) <- fit$parameterNames
  draws[, startsWith(fit$parameterNames, "b_")]
}
# A fit as emmeans takes it, by the two methods that its vignette "xtending" asks for.
given <- function(formula, data, draws, link = NULL) {
  colnames(draws) <- colnames(model.matrix(formula, data))
  structure(list(formula = formula, data = data, draws = draws, link = link), class = "given")
}
recover_data.given <- function(object, ...) {
  fake <- as.call(list(quote(given), formula = object$formula, data = object$data))
  emmeans::recover_data(fake, delete.response(terms(model.frame(object$formula, object$data))), NULL, ...)
}
emm_basis.given <- function(object, trms, xlev, grid, ...) {
  frame <- model.frame(trms, grid, na.action = na.pass, xlev = xlev)
  misc <- if (is.null(object$link)) list() else emmeans::.std.link.labels(list(link = object$link, family = "given"), list())
  list(
    X = model.matrix(trms, frame), bhat = colMeans(object$draws), nbasis = estimability::all.estble,
    V = cov(object$draws), dffun = function(k, dfargs) Inf, dfargs = list(), misc = misc,
    post.beta = object$draws
  )
}
gaussian_data <- as.data.frame(fits$gaussian$data)
gaussian_fit <- given(y ~ x * f + late, gaussian_data, population_of(fits$gaussian))
bernoulli_data <- as.data.frame(fits$bernoulli$data)
bernoulli_fit <- given(s ~ d1 * d2, bernoulli_data, population_of(fits$bernoulli), link = "logit")

# A curve, a square and products.
curve_data <- data.frame(
  x = round(rnorm(30, 2), 3), z = round(runif(30), 3), f = rep(c("p", "q", "r"), 10),
  h = rep(c("u", "v"), each = 15), y = round(rnorm(30), 3)
)
curve_formula <- y ~ poly(x, 2) + I(z^2) * f + z:h + log(z + 1)
curve_draws <- matrix(round(rnorm(150 * ncol(model.matrix(curve_formula, curve_data))), 4), 150)

numbers <- function(x, ...) {
  table <- as.data.frame(summary(x, ...))
  at <- match("lower.HPD", names(table))
  unname(as.matrix(table[, (at - 1):(at + 1)]))
}
labels <- function(x) {
  table <- as.data.frame(summary(x))
  at <- match("lower.HPD", names(table))
  apply(table[, seq_len(at - 2), drop = FALSE], 1, function(row) paste(trimws(row), collapse = " "))
}
both <- function(name, x) {
  contrasts <- if (nrow(x@grid) > 1) pairs(x) else NULL
  list(
    name = name, labels = I(unname(labels(x))), rows = numbers(x),
    contrasts = if (is.null(contrasts)) list() else I(unname(labels(contrasts))),
    contrastRows = if (is.null(contrasts)) list() else numbers(contrasts)
  )
}
trends <- function(name, fit, ...) both(name, emtrends(fit, ...))
means <- function(name, fit, ...) both(name, emmeans(fit, ...))
curve_fit <- given(curve_formula, curve_data, curve_draws)

# Covariates of two values, which emmeans keeps at both (cov.keep = 2, since 1.4.2): 0 and 1, 1 and
# 2, -1 and 1, text, booleans, within I(), poly() and factor(), in interactions and offsets.
set.seed(20251128)
two_data <- data.frame(
  y = round(rnorm(48, 2), 3), n = rep(c(6, 9, 12), 16), k = rep(0:5, 8), treat = as.numeric(rep(1:12, 4) %in% c(2, 5, 7)),
  dose = rep(c(1, 2, 2, 1, 1), 10)[1:48], arm = rep(c(-1, 1), c(20, 28)), late = rep(c(TRUE, FALSE, FALSE, TRUE, FALSE, FALSE, FALSE), 7)[1:48],
  f = rep(c("a", "b", "c", "b"), 12), x = round(rnorm(48), 3), t = rep(c(5, 40, 40), 16)
)
two_fit <- function(text, link = NULL) {
  formula <- as.formula(text)
  width <- ncol(model.matrix(formula, two_data))
  draws <- matrix(round(rnorm(40 * width, sd = 0.5), 3), 40)
  list(formula = text, link = link, draws = draws, fit = given(formula, two_data, draws, link))
}
two_specs <- list(
  list(text = "y ~ treat + f + x", specs = list("1", "treat", "f", "treat * f"), trends = list(c("x", "1"), c("treat", "f"))),
  list(text = "y ~ treat * f + x", specs = list("treat", "f", "f * treat"), trends = list(c("x", "treat"), c("treat", "1"))),
  list(text = "y ~ treat * x + dose", specs = list("treat", "dose", "dose * treat", "x"), trends = list(c("x", "treat"), c("x", "1"), c("treat", "dose"))),
  list(text = "y ~ arm * dose * late + x", specs = list("arm", "late", "late * dose"), trends = list(c("x", "1"), c("arm", "late"))),
  list(text = "y ~ I(treat^2 + 1) + factor(dose) * f", specs = list("treat", "dose", "f"), trends = list()),
  list(text = "y ~ poly(dose, 1) * arm + I(exp(treat) * x)", specs = list("dose", "arm", "treat"), trends = list(c("x", "treat"), c("arm", "1"))),
  list(text = "k ~ treat * f + x", link = "logit", specs = list("treat", "f"), trends = list(c("x", "1"))),
  list(text = "k ~ treat + late + offset(log(t))", link = "log", specs = list("1", "treat", "late"), trends = list(c("treat", "1"))),
  list(text = "y ~ as.factor(k) + treat + I(x > 0)", specs = list("treat", "k", "1"), trends = list())
)
two_values <- lapply(two_specs, function(case) {
  one <- two_fit(case$text, case$link)
  list(
    formula = one$formula, link = one$link, draws = one$draws,
    means = lapply(case$specs, function(spec) means(spec, one$fit, as.formula(paste("~", spec)))),
    response = if (is.null(case$link)) list() else lapply(case$specs, function(spec) {
      grid <- emmeans(one$fit, as.formula(paste("~", spec)))
      list(name = spec, rows = numbers(grid, type = "response"))
    }),
    trends = lapply(case$trends, function(trend) trends(paste(trend[1], "by", trend[2]), one$fit, as.formula(paste("~", trend[2])), trend[1]))
  )
})

writeLines(jsonlite::toJSON(list(
  versions = list(emmeans = as.character(packageVersion("emmeans")), coda = as.character(packageVersion("coda"))),
  curve = list(formula = "y ~ poly(x, 2) + I(z^2) * f + z:h + log(z + 1)", data = as.list(curve_data), draws = curve_draws),
  trends = list(
    trends("x", gaussian_fit, ~ 1, "x"), trends("x by f", gaussian_fit, ~ f, "x"),
    trends("x by f and late", gaussian_fit, ~ f * late, "x")
  ),
  curveTrends = list(
    trends("x", curve_fit, ~ 1, "x"), trends("z by f", curve_fit, ~ f, "z"),
    trends("z by h and f at z = 0.5", curve_fit, ~ h * f, "z", at = list(z = 0.5)),
    trends("x by x at 1 and 3", curve_fit, ~ x, "x", at = list(x = c(1, 3)))
  ),
  bernoulliTrends = list(
    trends("d1", bernoulli_fit, ~ 1, "d1"), trends("d1 by d2 at -1, 0 and 2", bernoulli_fit, ~ d2, "d1", at = list(d2 = c(-1, 0, 2)))
  ),
  means = list(
    means("over all", gaussian_fit, ~ 1), means("by f", gaussian_fit, ~ f),
    means("by f and late", gaussian_fit, ~ f * late),
    means("by late at x = 2", gaussian_fit, ~ late, at = list(x = 2)),
    means("by late at f = a and c", gaussian_fit, ~ late, at = list(f = c("a", "c")))
  ),
  twoValues = list(data = as.list(two_data), cases = two_values),
  responseMeans = numbers(emmeans(bernoulli_fit, ~ d1, at = list(d1 = c(-1, 1))), type = "response")
), digits = NA, auto_unbox = TRUE, na = "null"), "emmeans.json")
