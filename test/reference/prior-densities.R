# Makes prior-densities.json: log densities and probabilities of priors, some of them cut off, by R's
# own d… and p… functions. The tests read the file; R is needed only to make it anew:
#
#   cd test/reference && Rscript prior-densities.R && npx biome format --write prior-densities.json
#
# Derivatives are R's symbolic ones of the logarithm of the density, up to its constant.
#
# A density that is cut off is divided by the mass between the bounds; R has both tails of every
# distribution, so that the mass far out keeps its digits.

distributions <- list(
  normal = list(d = dnorm, p = pnorm),
  # Location and scale are taken to the argument.
  student_t = list(
    d = function(x, df, location, scale, log) dt((x - location) / scale, df, log = TRUE) - log(scale),
    p = function(x, df, location, scale, lower.tail = TRUE) {
      pt((x - location) / scale, df, lower.tail = lower.tail)
    }
  ),
  cauchy = list(d = dcauchy, p = pcauchy),
  exponential = list(d = dexp, p = pexp),
  gamma = list(
    d = function(x, shape, rate, log) dgamma(x, shape, rate = rate, log = TRUE),
    p = function(x, shape, rate, lower.tail = TRUE) pgamma(x, shape, rate = rate, lower.tail = lower.tail)
  ),
  beta = list(d = dbeta, p = pbeta),
  lognormal = list(d = dlnorm, p = plnorm),
  uniform = list(d = dunif, p = punif),
  inv_gamma = list(
    d = function(x, shape, scale, log) dgamma(1 / x, shape, rate = scale, log = TRUE) - 2 * log(x),
    p = function(x, shape, scale, lower.tail = TRUE) {
      pgamma(1 / pmax(x, 0), shape, rate = scale, lower.tail = !lower.tail)
    }
  ),
  double_exponential = list(
    d = function(x, location, scale, log) -abs(x - location) / scale - log(2 * scale),
    # Half an exponential on either side.
    p = function(x, location, scale, lower.tail = TRUE) {
      z <- if (lower.tail) (x - location) / scale else (location - x) / scale
      ifelse(z < 0, pexp(-z, lower.tail = FALSE) / 2, 0.5 + pexp(z) / 2)
    }
  ),
  logistic = list(d = dlogis, p = plogis)
)
fields <- list(
  normal = c("mean", "sd"), student_t = c("df", "location", "scale"), cauchy = c("location", "scale"),
  exponential = "rate", gamma = c("shape", "rate"), beta = c("alpha", "beta"),
  lognormal = c("meanlog", "sdlog"), uniform = c("from", "to"),
  inv_gamma = c("shape", "scale"), double_exponential = c("location", "scale"),
  logistic = c("location", "scale")
)
logarithms <- list(
  normal = quote(-((x - mean) / sd)^2 / 2),
  student_t = quote(-(df + 1) / 2 * log(1 + ((x - location) / scale)^2 / df)),
  cauchy = quote(-log(1 + ((x - location) / scale)^2)),
  exponential = quote(-rate * x),
  gamma = quote((shape - 1) * log(x) - rate * x),
  beta = quote((alpha - 1) * log(x) + (beta - 1) * log(1 - x)),
  lognormal = quote(-((log(x) - meanlog) / sdlog)^2 / 2 - log(x)),
  uniform = quote(0 * x),
  inv_gamma = quote(-(shape + 1) * log(x) - scale / x),
  double_exponential = quote(-sqrt((x - location)^2) / scale),
  logistic = quote(-(x - location) / scale - 2 * log(1 + exp(-(x - location) / scale)))
)
derivative <- function(expression, name, values, x) {
  vapply(x, function(at) as.numeric(eval(expression, c(list(x = at), setNames(values, fields[[name]])))), 0)
}
real <- c(-40, -7.5, -2, -0.6, 0, 0.3, 1.7, 5, 30)
above <- c(1e-6, 0.02, 0.3, 1, 1.5, 4, 12, 90)
unit <- c(1e-6, 0.01, 0.2, 0.5, 0.77, 0.99)
cases <- list(
  list("normal", c(0, 1), real),
  list("normal", c(-3, 2.5), real, c(-Inf, 1)),
  list("normal", c(0, 1), above, c(0, Inf)),
  list("normal", c(0, 2), real, c(-1, 6)),
  list("normal", c(0, 1), c(4, 4.1, 5, 8), c(4, Inf)),
  list("normal", c(100, 15), c(40, 99, 130)),
  list("student_t", c(3, 0, 2.5), real),
  list("student_t", c(3, 0, 2.5), above, c(0, Inf)),
  list("student_t", c(3, 5.5, 2.5), real, c(-4, 9)),
  list("student_t", c(0.5, -1, 0.2), real),
  list("student_t", c(1000, 0, 1), real),
  list("student_t", c(1e8, 0, 1), real),
  list("student_t", c(4, 0, 1), c(20, 30), c(20, 50)),
  list("cauchy", c(0, 1), real),
  list("cauchy", c(2, 0.3), real, c(-1, Inf)),
  list("cauchy", c(0, 2.5), c(1000, 5000), c(1000, Inf)),
  list("exponential", 1, above),
  list("exponential", 0.2, above, c(1, 20)),
  list("exponential", 3, c(5, 6), c(5, Inf)),
  list("gamma", c(2, 0.1), c(1, 2, 20, 90), c(1, Inf)),
  list("gamma", c(0.01, 0.01), above),
  list("gamma", c(1, 3), above),
  list("gamma", c(7.5, 2), above, c(0.1, 12)),
  list("gamma", c(1e4, 1e3), c(9.7, 10, 10.3)),
  list("gamma", c(1e5, 1), c(99700, 1e5, 100500)),
  list("gamma", c(3, 1), c(14, 20), c(12, Inf)),
  list("gamma", c(0.4, 2), above, c(1e-3, Inf)),
  list("beta", c(2, 3), unit),
  list("beta", c(1, 1), unit),
  list("beta", c(0.5, 0.3), unit),
  list("beta", c(4, 0.7), c(0.95, 0.99), c(0.9, 1)),
  list("lognormal", c(0, 1), above),
  list("lognormal", c(1.2, 0.4), c(0.3, 1, 3), c(0.2, 4)),
  list("lognormal", c(0, 1), c(30, 90), c(25, Inf)),
  list("uniform", c(-2, 5), c(-1.9, 0, 4.9)),
  list("uniform", c(0, 10), c(2.5, 3), c(2, Inf)),
  list("inv_gamma", c(0.4, 0.3), above),
  list("inv_gamma", c(3, 2.5), above, c(0.2, Inf)),
  list("inv_gamma", c(2, 1), c(0.05, 0.09), c(0, 0.1)),
  list("double_exponential", c(0, 1), real[real != 0]),
  list("double_exponential", c(1.25, 0.4), real, c(-1, Inf)),
  list("double_exponential", c(0, 1), c(13, 20), c(12, Inf)),
  list("logistic", c(0, 1), real),
  list("logistic", c(-1, 0.7), real, c(-3, 4)),
  list("logistic", c(0, 1), c(13, 20), c(12, Inf))
)

mass <- function(p, arguments, from, to) {
  at <- function(x, ...) do.call(p, c(list(x), arguments, list(...)))
  # The smaller tails lose no digits to cancellation.
  if (at(from) < 0.5) at(to) - at(from) else at(from, lower.tail = FALSE) - at(to, lower.tail = FALSE)
}
result <- lapply(cases, function(case) {
  name <- case[[1]]
  arguments <- as.list(case[[2]])
  x <- case[[3]]
  bounds <- if (length(case) > 3) case[[4]] else c(-Inf, Inf)
  functions <- distributions[[name]]
  whole <- mass(functions$p, arguments, bounds[1], bounds[2])
  inside <- x >= bounds[1] & x <= bounds[2]
  densities <- do.call(functions$d, c(list(x), arguments, list(log = TRUE))) - log(whole)
  below <- vapply(x, function(to) {
    mass(functions$p, arguments, bounds[1], min(max(to, bounds[1]), bounds[2])) / whole
  }, 0)
  prior <- c(list(distribution = name), setNames(arguments, fields[[name]]))
  if (is.finite(bounds[1])) prior$lower <- bounds[1]
  if (is.finite(bounds[2])) prior$upper <- bounds[2]
  first <- D(logarithms[[name]], "x")
  list(
    derivative = as.list(derivative(first, name, arguments, x)),
    secondDerivative = as.list(derivative(D(first, "x"), name, arguments, x)),
    prior = prior, x = as.list(x), logDensity = as.list(ifelse(inside, densities, -Inf)),
    mass = as.list(below)
  )
})

number <- function(x) if (is.finite(x)) sprintf("%.17g", x) else '"-Infinity"'
json <- function(x) {
  if (is.character(x)) return(paste0('"', x, '"'))
  if (is.numeric(x)) return(number(x))
  if (is.null(names(x))) return(paste0("[", paste(vapply(x, json, ""), collapse = ",\n"), "]"))
  paste0("{", paste0('"', names(x), '": ', vapply(x, json, ""), collapse = ",\n"), "}")
}
version <- paste(R.version$major, R.version$minor, sep = ".")
writeLines(json(list(R = version, cases = result)), "prior-densities.json")
