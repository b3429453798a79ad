# Makes families.json: log densities of the families' outcomes and the means of their links, as R
# computes them, and coefficients of R's glm() on data sets that ship with R. The tests read the
# file; R is needed only to make it anew:
#
#   apt-get install r-base-core r-cran-mass r-cran-brms    (Debian 12)
#   cd test/reference && Rscript families.R && npx biome format --write families.json
#
# Arguments are quotients of small whole numbers by powers of two, so that the decimal in the file
# is exactly the double that R used. Results are written with 17 digits.
set.seed(20250801, kind = "Mersenne-Twister", normal.kind = "Inversion")
exact <- function(x) round(x * 1024) / 1024
eta <- exact(c(-6, -2.5, -1, -0.1, 0, 0.3, 1, 2.2, 3.5, rnorm(6, 0, 2)))

inverse <- list(
  identity = function(e) e,
  log = exp,
  inverse = function(e) 1 / e,
  sqrt = function(e) e^2,
  logit = plogis,
  probit = pnorm,
  cloglog = function(e) -expm1(-exp(e)),
  cauchit = pcauchy
)

# log p and log(1 - p) in both tails, which dbinom of a rounded p does not give.
logSuccess <- list(
  logit = function(e) plogis(e, log.p = TRUE),
  probit = function(e) pnorm(e, log.p = TRUE),
  cloglog = function(e) log(-expm1(-exp(e))),
  cauchit = function(e) pcauchy(e, log.p = TRUE),
  log = function(e) e
)
logFailure <- list(
  logit = function(e) plogis(e, lower.tail = FALSE, log.p = TRUE),
  probit = function(e) pnorm(e, lower.tail = FALSE, log.p = TRUE),
  cloglog = function(e) -exp(e),
  cauchit = function(e) pcauchy(e, lower.tail = FALSE, log.p = TRUE),
  log = function(e) log(-expm1(e))
)

case <- function(family, link, eta, y, logp, aux = numeric(0), trials = NULL) {
  list(
    family = family, link = link, eta = eta, aux = as.list(aux), outcomes = y,
    trials = if (is.null(trials)) list() else trials, logp = logp
  )
}
usable <- function(link) {
  switch(link,
    inverse = eta[abs(eta) > 0.05],
    sqrt = eta[abs(eta) > 0.05],
    eta
  )
}

cases <- list()
for (link in c("identity", "log", "inverse")) {
  e <- usable(link)
  mu <- inverse[[link]](e)
  y <- exact(mu + rnorm(length(e)))
  cases <- c(cases, list(
    case("gaussian", link, e, y, dnorm(y, mu, 0.75, log = TRUE), 0.75),
    case("student", link, e, y, dt((y - mu) / 0.75, 3.5, log = TRUE) - log(0.75), c(0.75, 3.5)),
    case("student", link, e, y, dt((y - mu) / 2, 1.25, log = TRUE) - log(2), c(2, 1.25)),
    case("student", link, e, y, dt((y - mu) / 0.5, 80, log = TRUE) - log(0.5), c(0.5, 80))
  ))
}
for (link in c("logit", "probit", "cloglog", "cauchit", "log")) {
  e <- if (link == "log") eta[eta < 0] else eta
  y <- rep(c(0, 1, 1), length.out = length(e))
  success <- logSuccess[[link]](e)
  failure <- logFailure[[link]](e)
  trials <- rep(c(1, 3, 8, 20), length.out = length(e))
  k <- pmin(trials, rep(c(0, 1, 5, 20, 3), length.out = length(e)))
  cases <- c(cases, list(
    case("bernoulli", link, e, y, ifelse(y == 1, success, failure)),
    case("binomial", link, e, k,
      lchoose(trials, k) + ifelse(k > 0, k * success, 0) + ifelse(k < trials, (trials - k) * failure, 0),
      trials = trials
    )
  ))
}
for (link in c("log", "identity", "sqrt")) {
  e <- if (link == "identity") eta[eta > 0] else usable(link)
  mu <- inverse[[link]](e)
  y <- rep(c(0, 1, 4, 17, 60), length.out = length(e))
  cases <- c(cases, list(
    case("poisson", link, e, y, dpois(y, mu, log = TRUE)),
    case("negbinomial", link, e, y, dnbinom(y, mu = mu, size = 0.5, log = TRUE), 0.5),
    case("negbinomial", link, e, y, dnbinom(y, mu = mu, size = 12.5, log = TRUE), 12.5)
  ))
}

# Families of shares, of overdispersed successes and of positive outcomes. A beta-binomial by its
# definition with lbeta, which R's own functions do not have.
for (link in c("logit", "probit", "cloglog", "cauchit", "log")) {
  e <- if (link == "log") eta[eta < -0.05] else eta[abs(eta) < 3]
  mu <- exp(logSuccess[[link]](e))
  rest <- exp(logFailure[[link]](e))
  y <- rep(c(0.25, 0.015625, 0.5, 0.9375, 0.75), length.out = length(e))
  trials <- rep(c(1, 3, 8, 20, 100), length.out = length(e))
  k <- pmin(trials, rep(c(0, 1, 5, 20, 3, 88), length.out = length(e)))
  for (phi in c(0.75, 12.5)) {
    cases <- c(cases, list(
      case("beta", link, e, y, dbeta(y, mu * phi, rest * phi, log = TRUE), phi),
      case("beta_binomial", link, e, k,
        lchoose(trials, k) + lbeta(k + mu * phi, trials - k + rest * phi) - lbeta(mu * phi, rest * phi),
        phi, trials = trials
      )
    ))
  }
}
for (link in c("log", "identity", "inverse")) {
  e <- if (link == "log") eta else eta[eta > 0.05]
  mu <- inverse[[link]](e)
  y <- rep(c(0.25, 1, 3.5, 0.0625, 9), length.out = length(e))
  cases <- c(cases, list(
    case("exponential", link, e, y, dexp(y, 1 / mu, log = TRUE)),
    case("gamma", link, e, y, dgamma(y, 0.75, rate = 0.75 / mu, log = TRUE), 0.75),
    case("gamma", link, e, y, dgamma(y, 12.5, rate = 12.5 / mu, log = TRUE), 12.5),
    case("weibull", link, e, y, dweibull(y, 0.75, mu / gamma(1 + 1 / 0.75), log = TRUE), 0.75),
    case("weibull", link, e, y, dweibull(y, 2.5, mu / gamma(1 + 1 / 2.5), log = TRUE), 2.5)
  ))
  if (link != "log") {
    cases <- c(cases, list(case("lognormal", link, e, y, dlnorm(y, mu, 0.75, log = TRUE), 0.75)))
  }
}

# By brms' densities, and where it has none by the definition.
for (link in c("identity", "log", "inverse")) {
  e <- usable(link)[1:8]
  mu <- inverse[[link]](e)
  y <- exact(mu + c(-2, 0.5, 1, -0.25, 3, -1, 0.125, 6))
  cases <- c(cases, list(
    case("skew_normal", link, e, y, brms::dskew_normal(y, mu, 0.75, alpha = 3, log = TRUE), c(0.75, 3)),
    case("asym_laplace", link, e, y, brms::dasym_laplace(y, mu, 0.75, 0.25, log = TRUE), c(0.75, 0.25))
  ))
}
for (link in c("log", "sqrt")) {
  e <- if (link == "log") eta[abs(eta) < 3] else eta[eta > 0.05]
  mu <- inverse[[link]](e)
  y <- rep(c(0, 3, 1, 0, 12), length.out = length(e))
  cases <- c(cases, list(
    case("zero_inflated_poisson", link, e, y, brms::dzero_inflated_poisson(y, mu, 0.25, log = TRUE), 0.25),
    case("zero_inflated_negbinomial", link, e, y,
      brms::dzero_inflated_negbinomial(y, mu, 1.5, 0.25, log = TRUE), c(1.5, 0.25)),
    case("hurdle_poisson", link, e, y, brms::dhurdle_poisson(y, mu, 0.25, log = TRUE), 0.25),
    case("hurdle_negbinomial", link, e, y,
      brms::dhurdle_negbinomial(y, mu, 1.5, 0.25, log = TRUE), c(1.5, 0.25))
  ))
}
e <- eta[abs(eta) < 3]
mu <- plogis(e)
y <- rep(c(0, 0.25, 1, 0.9375, 0, 0.5), length.out = length(e))
within <- function(phi) ifelse(y > 0 & y < 1, dbeta(y, mu * phi, (1 - mu) * phi, log = TRUE), 0)
above <- plogis(e + 1.5)
top <- plogis(e - 2)
cases <- c(cases, list(
  case("zero_one_inflated_beta", "logit", e, y,
    log(ifelse(y == 0, 0.25 * 0.625, ifelse(y == 1, 0.25 * 0.375, 0.75))) + within(8), c(8, 0.25, 0.375)),
  case("ordered_beta", "logit", e, y,
    log(ifelse(y == 0, 1 - above, ifelse(y == 1, top, above - top))) + within(8), c(8, -1.5, 3.5))
))
for (kappa in c(0.25, 4, 40)) {
  y <- rep(c(0.25, -3, 1.5, 3.125, -0.75), length.out = length(eta))
  cases <- c(cases, list(case("von_mises", "tan_half", eta, y,
    kappa * cos(y - 2 * atan(eta)) - log(2 * pi) - log(besselI(kappa, 0, expon.scaled = TRUE)) - kappa, kappa)))
}

# Nearly Poisson: the definition as a sum in which nothing cancels, as dnbinom of R 4.2 is itself
# right to 1e-7 only at such sizes.
nearlyPoisson <- list()
for (size in c(1e10, 1e12)) {
  for (link in c("log", "sqrt")) {
    e <- exact(if (link == "log") c(-6, -1, 0.3, 2.2, 4.5, 7, 12, 7) else c(0.1, 1, 2, 3, 8, 30, 400, 30))
    y <- c(0, 1, 1, 17, 100, 1000, 160000, 0)
    mu <- inverse[[link]](e)
    rising <- vapply(y, function(n) sum(log1p((seq_len(n) - 1) / size)), 0)
    logp <- rising - lfactorial(y) + y * log(mu) - (y + size) * log1p(mu / size)
    stopifnot(abs(logp - dnbinom(y, mu = mu, size = size, log = TRUE)) < 1e-7 * pmax(1, abs(logp)))
    nearlyPoisson <- c(nearlyPoisson, list(case("negbinomial", link, e, y, logp, size)))
  }
}

# Far out in the tails, where the probability itself is 0 or 1 to all digits.
far <- c(-800, -300, -38, -30, -10, -6, 6, 10, 30)
tails <- lapply(c("logit", "probit", "cauchit"), function(link) {
  list(link = link, eta = far, success = logSuccess[[link]](far), failure = logFailure[[link]](far))
})
lower <- c(-700, -300, -38, -6, -1)
upper <- c(0.5, 2, 3.5, 5)
tails <- c(tails, list(
  list(
    link = "cloglog", eta = c(lower, upper),
    success = c(log(-expm1(-exp(lower))), log1p(-exp(-exp(upper)))),
    failure = -exp(c(lower, upper))
  ),
  list(link = "log", eta = lower, success = lower, failure = log1p(-exp(lower)))
))

# Maximum likelihood: the mode under flat priors.
fit <- function(name, formula, family, data, weights = NULL) {
  model <- glm(formula, family, data, epsilon = 1e-14, maxit = 100)
  frame <- model.frame(model)
  y <- model.response(frame)
  trials <- if (is.matrix(y)) unname(rowSums(y)) else numeric(0)
  x <- model.matrix(model)[, -1, drop = FALSE]
  offset <- model.offset(frame)
  list(
    name = name, family = if (family$family == "binomial" && !is.matrix(y)) "bernoulli" else family$family,
    link = family$link, names = as.list(colnames(x)), values = as.numeric(t(x)),
    outcomes = as.numeric(if (is.matrix(y)) y[, 1] else y), trials = as.list(trials),
    offset = as.list(if (is.null(offset)) numeric(0) else offset),
    coefficients = as.numeric(coef(model))
  )
}
infert$case <- as.numeric(infert$case)
insurance <- MASS::Insurance
insurance$District <- factor(insurance$District)
contrasts(insurance$Group) <- contr.treatment(4)
contrasts(insurance$Age) <- contr.treatment(4)
glms <- list(
  fit("infert, logit", case ~ spontaneous + induced + age, binomial("logit"), infert),
  fit("infert, probit", case ~ spontaneous + induced, binomial("probit"), infert),
  fit("infert, cloglog", case ~ spontaneous + induced, binomial("cloglog"), infert),
  fit("infert, cauchit", case ~ spontaneous + induced, binomial("cauchit"), infert),
  fit("menarche, probit", cbind(Menarche, Total - Menarche) ~ Age, binomial("probit"), MASS::menarche),
  fit("menarche, logit", cbind(Menarche, Total - Menarche) ~ Age, binomial("logit"), MASS::menarche),
  fit("warpbreaks, log", breaks ~ wool * tension, poisson("log"), warpbreaks),
  fit("insurance, log", Claims ~ District + Group + Age + offset(log(Holders)), poisson("log"), insurance),
  fit("warpbreaks, sqrt", breaks ~ wool + tension, poisson("sqrt"), warpbreaks),
  fit("warpbreaks, identity", breaks ~ wool + tension, poisson("identity"), warpbreaks),
  fit("mtcars, identity", mpg ~ wt + hp + qsec, gaussian("identity"), mtcars),
  fit("mtcars, log", mpg ~ wt + hp, gaussian("log"), mtcars),
  fit("mtcars, inverse", mpg ~ wt + hp, gaussian("inverse"), mtcars)
)

# Mean and variance of the negative binomial and binomial families are their own formulas: no R.
number <- function(x) sprintf("%.17g", x)
json <- function(x) {
  if (is.character(x)) return(paste0('"', x, '"'))
  if (is.numeric(x) && length(x) == 1) return(number(x))
  if (is.numeric(x)) return(paste0("[", paste(number(x), collapse = ", "), "]"))
  if (is.null(names(x))) return(paste0("[", paste(vapply(x, json, ""), collapse = ",\n"), "]"))
  paste0("{", paste0('"', names(x), '": ', vapply(x, json, ""), collapse = ",\n"), "}")
}
writeLines(json(list(
  versions = list(R = paste(R.version$major, R.version$minor, sep = ".")),
  cases = cases, nearlyPoisson = nearlyPoisson, tails = tails, glms = glms
)), "families.json")
