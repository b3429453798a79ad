# Makes distributional.json: small regressions with several linear predictors per row, fitted by brms, with
# what brms computes from five of their draws. The tests read the file; R is needed only to make it anew
# (a quarter of an hour on one core: Stan compiles each model):
#
#   apt-get install r-base-core r-cran-brms r-cran-posterior r-cran-jsonlite libboost-dev    (Debian 12)
#   cd test/reference && Rscript distributional.R [CASE ...] && npx biome format --write distributional.json
#
# Cases that the file has are kept as they are, others fitted, and those given by name fitted anew. With a folder in
# the variable FITS, compiled fits are kept there.
suppressPackageStartupMessages({ library(brms); library(posterior) })
# Debian's BH is a package without files: its Boost is the system's.
if (!nzchar(rstan::rstan_options("boost_lib"))) rstan::rstan_options(boost_lib = "/usr/include")
kept <- Sys.getenv("FITS", tempdir())
set.seed(20251130)

n <- 120
x <- round(rnorm(n), 2)
model <- rep(c("a", "b"), n / 2)
item <- rep(paste0("i", 1:15), each = 8)
b <- model == "b"
level <- rnorm(15, 0, 0.6)[as.integer(factor(item, unique(item)))]
wider <- rnorm(15, 0, 0.3)[as.integer(factor(item, unique(item)))]
thin <- function(zeros, counts) ifelse(zeros, 0, counts)
positive <- function(mu) { y <- 0; while (y == 0) y <- rpois(1, mu); y }
columns <- list(
  x = x, model = model, item = item,
  score = round(2 + 0.5 * x - 0.3 * b + level + exp(-0.5 + 0.6 * b + wider) * rnorm(n), 3),
  robust = round(1 + 0.5 * x + exp(-0.3 + 0.4 * x) * rt(n, 5), 3),
  share = round(pmin(pmax(rbeta(n, exp(2 + x) * 0.6, exp(2 + x) * 0.4), 0.001), 0.999), 4),
  inflated = thin(runif(n) < plogis(-0.8 + x), rpois(n, exp(1 + 0.4 * b))),
  hurdle = thin(runif(n) < plogis(-0.5 + 0.8 * x), vapply(exp(0.8 + 0.4 * b), positive, 0)),
  count = rnbinom(n, size = exp(0.5 + b), mu = exp(1 + 0.3 * x)),
  grade = 1 + (1:n %% 2 == 0) * 0 + findInterval(0.8 * x + rlogis(n) / exp(0.5 * b), c(-1, 0.2, 1.4)),
  answer = vapply(1:n, function(i) {
    sample(c("no", "other", "yes"), 1, prob = exp(c(0, 0.3 + 0.7 * x[i] + level[i], -0.4 + b[i])))
  }, "")
)
# Later columns come last: those before them stay as they are.
person <- rep(paste0("p", 1:8), 15)
unit <- as.integer(factor(item, unique(item)))
shared <- rnorm(15)
own <- rnorm(15)
columns$person <- person
columns$joint <- local({
  level <- 0.8 * shared
  log_sigma <- -0.5 + 0.5 * (-0.7 * shared + sqrt(1 - 0.7^2) * own)
  round(2 + 0.5 * x - 0.3 * b + level[unit] + exp(log_sigma[unit] + 0.4 * b) * rnorm(n), 3)
})
columns$right <- local({
  ability <- rnorm(8)
  eta <- exp(0.5 * own[unit]) * (ability[as.integer(factor(person, unique(person)))] + 0.3 + 0.8 * shared[unit])
  1 + (runif(n) < plogis(eta))
})
columns$rating <- local({
  ability <- rnorm(8)
  eta <- exp(0.4 * own[unit]) * (ability[as.integer(factor(person, unique(person)))] + 0.8 * shared[unit])
  1 + (eta + rlogis(n) > -1) + (eta + rlogis(n) > 1)
})
data <- as.data.frame(columns)
data$correct <- data$right - 1

cases <- list(
  list(name = "sigma by model, with items", family = "gaussian", link = "identity",
       formulas = c("score ~ x + model + (1 | item)", "sigma ~ model + (1 | item)"), adapt = 0.95),
  list(name = "sigma of Student-t errors", family = "student", link = "identity",
       formulas = c("robust ~ x", "sigma ~ x")),
  list(name = "phi of shares", family = "beta", link = "logit", formulas = c("share ~ model", "phi ~ x")),
  list(name = "zi of counts", family = "zero_inflated_poisson", link = "log",
       formulas = c("inflated ~ model", "zi ~ x")),
  list(name = "hu of counts", family = "hurdle_poisson", link = "log",
       formulas = c("hurdle ~ model", "hu ~ x")),
  list(name = "shape of counts", family = "negbinomial", link = "log",
       formulas = c("count ~ x", "shape ~ model")),
  list(name = "disc of grades", family = "cumulative", link = "logit",
       formulas = c("grade ~ x + model", "disc ~ 0 + model"), prior = "normal(0, 1) class=b dpar=disc"),
  list(name = "categories", family = "categorical", link = "logit", formulas = "answer ~ x + model"),
  list(name = "categories, with items", family = "categorical", link = "logit",
       formulas = "answer ~ x + model + (1 | item)", adapt = 0.95),
  list(name = "items with one correlation of mean and sigma", family = "gaussian", link = "identity",
       formulas = c("joint ~ x + model + (1 |i| item)", "sigma ~ model + (1 |i| item)"), adapt = 0.95),
  list(name = "graded item response", family = "cumulative", link = "logit",
       formulas = c("rating ~ 1 + (1 | person) + (1 |i| item)", "disc ~ 0 + (1 |i| item)"),
       prior = c("exponential(1) class=sd", "normal(0, 0.5) class=sd dpar=disc"), adapt = 0.99),
  # brms has no thresholds of two categories: the same model is a non-linear one of its bernoulli.
  list(name = "two-parameter item response", family = "cumulative", link = "logit",
       formulas = c("right ~ 1 + (1 | person) + (1 |i| item)", "disc ~ 0 + (1 |i| item)"),
       prior = c("exponential(1) class=sd", "normal(0, 0.5) class=sd dpar=disc"), adapt = 0.99,
       nonlinear = bf(
         correct ~ exp(disc) * eta, eta ~ 1 + (1 | person) + (1 |i| item), disc ~ 0 + (1 |i| item), nl = TRUE
       ),
       nonlinearPrior = prior(student_t(3, 0, 2.5), class = "b", nlpar = "eta") +
         prior(exponential(1), class = "sd", nlpar = "eta") + prior(normal(0, 0.5), class = "sd", nlpar = "disc"))
)

# Every case with slopes has a prior of them.
case_priors <- function(case) {
  c(if (!grepl("~ 1 \\+ \\(", case$formulas[1])) "normal(0, 1) class=b", case$prior)
}
brms_priors <- function(case) {
  do.call(c, lapply(strsplit(case_priors(case), " class=| dpar="), function(part) {
    set_prior(part[1], class = part[2], dpar = if (length(part) > 2) part[3] else "")
  }))
}

digits <- function(values) signif(values, 8)
table_of <- function(values) unname(digits(as.matrix(values)))
reference <- function(case) {
  formula <- do.call(bf, lapply(case$formulas, as.formula))
  family <- if (case$family == "beta") Beta() else brmsfamily(case$family, case$link)
  nonlinear <- !is.null(case$nonlinear)
  fit <- brm(
    if (nonlinear) case$nonlinear else formula, data, if (nonlinear) bernoulli() else family,
    prior = if (nonlinear) case$nonlinearPrior else brms_priors(case), chains = 4, iter = 3500,
    warmup = 1000, seed = 1, refresh = 0, cores = 1,
    control = list(adapt_delta = if (is.null(case$adapt)) 0.8 else case$adapt),
    file = file.path(kept, gsub("[^a-z]", "-", tolower(case$name)))
  )
  names <- setdiff(variables(fit), c("lprior", "lp__", if (!any(grepl("^disc", case$formulas))) "disc"))
  draws <- subset_draws(as_draws_array(fit), names)
  if (nonlinear) {
    draws[, , "b_eta_Intercept"] <- -draws[, , "b_eta_Intercept"]
    variables(draws) <- sub("b_Intercept", "b_Intercept[1]", gsub("__eta\\[", "[", gsub("eta_", "", variables(draws))), fixed = TRUE)
    names <- variables(draws)
  }
  summary <- summarise_draws(draws, "mean", "sd", "mcse_mean", "mcse_sd", "rhat", "ess_bulk")
  some <- seq(1000, 5000, 1000)
  ordinal <- case$family == "cumulative" && !nonlinear
  categories <- ordinal || case$family == "categorical"
  parameters <- if (!nonlinear) setdiff(names(fit$formula$pforms), "disc")
  list(
    name = case$name, formulas = case$formulas, family = case$family, link = case$link,
    given = case_priors(case),
    divergences = rstan::get_num_divergent(fit$fit),
    priors = if (!nonlinear) as.data.frame(default_rows(formula, family)) else list(),
    names = summary$variable, mean = digits(summary$mean), sd = digits(summary$sd),
    mcse = digits(summary$mcse_mean), mcseSd = digits(summary$mcse_sd),
    rhat = max(summary$rhat), ess = min(summary$ess_bulk),
    draws = table_of(as_draws_matrix(draws)[some, ]),
    logLikelihood = table_of(log_lik(fit, draw_ids = some)),
    # Of categories the probabilities of the last one.
    expected = table_of(local({
      values <- posterior_epred(fit, draw_ids = some)
      if (categories) values[, , dim(values)[3]] else values
    })),
    linear = setNames(lapply(parameters, function(one) {
      table_of(posterior_linpred(fit, dpar = one, draw_ids = some))
    }), parameters)
  )
}
default_rows <- function(formula, family) {
  rows <- get_prior(formula, data, family)
  rows[nzchar(rows$prior), c("prior", "class", "coef", "group", "dpar", "lb")]
}

arguments <- commandArgs(trailingOnly = TRUE)
before <- if (file.exists("distributional.json")) {
  jsonlite::fromJSON("distributional.json", simplifyVector = FALSE)$cases
}
names(before) <- vapply(before, function(case) case$name, "")
made <- list()
for (case in cases) {
  if (!is.null(before[[case$name]]) && !case$name %in% arguments) {
    made <- c(made, before[case$name])
    next
  }
  cat(format(Sys.time(), "%H:%M:%S"), case$name, "\n")
  made <- c(made, list(reference(case)))
}
writeLines(jsonlite::toJSON(
  list(columns = columns, cases = unname(made)), auto_unbox = TRUE, digits = NA, dataframe = "rows", pretty = FALSE
), "distributional.json")
