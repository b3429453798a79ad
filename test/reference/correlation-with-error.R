# Makes correlation-with-error.json: pairs with known standard errors, and the posterior of their true
# correlation by brms and Stan. The tests read the file; R is needed only to make it anew:
#
#   apt-get install r-cran-brms r-cran-rstan r-cran-bh r-cran-jsonlite g++ make    (Debian 12)
#   cd test/reference && Rscript correlation-with-error.R && npx biome format --write correlation-with-error.json
#
# brms fits y ~ x with `se(s, sigma = TRUE)`, `me(x, s)` or both. Its parameters are those of the
# regression (intercept b0, slope b, sigma) and of x (mu_x, tau_x); weighbridge has its priors on rho,
# tau and mu. The priors of brms are therefore flat, and the same priors are added as `stanvar`, with
# the Jacobian of (b0, b, sigma) to (mu_y, rho, tau_y): tau_x sigma / tau_y^2. Errors that correlate
# are beyond brms; the pair is then integrated out in a Stan program of its own.
suppressPackageStartupMessages({
  library(brms)
  library(rstan)
  library(posterior)
  library(jsonlite)
})
set.seed(20261129, kind = "Mersenne-Twister", normal.kind = "Inversion")
options(mc.cores = 1)
# Debian has the headers of Boost apart from R's package BH.
if (system.file("include", package = "BH") == "") rstan_options(boost_lib = "/usr/include")

n <- 60
truth_x <- rnorm(n, 10, 2)
truth_y <- -5 + 0.6 * 3 * (truth_x - 10) / 2 + rnorm(n, 0, 3 * 0.8)
x_se <- round(runif(n, 0.5, 2.5), 3)
y_se <- round(runif(n, 0.5, 3.5), 3)
error_correlation <- round(runif(n, -0.2, 0.8), 3)
z1 <- rnorm(n)
z2 <- rnorm(n)
x_noisy <- round(truth_x + x_se * z1, 3)
y_noisy <- round(truth_y + y_se * z2, 3)
y_noisy_with_x <- round(
  truth_y + y_se * (error_correlation * z1 + sqrt(1 - error_correlation^2) * z2), 3)
x_exact <- round(truth_x, 3)
y_exact <- round(truth_y, 3)

priors <- "
  real tau_y = sqrt(square(SIGMA) + square(SLOPE * TAU_X));
  real mu_y = B0 + SLOPE * MU_X;
  target += student_t_lpdf(MU_X | 3, origin_x, 2.5 * unit_x) + student_t_lpdf(TAU_X | 3, 0, 2.5 * unit_x)
    + student_t_lpdf(mu_y | 3, origin_y, 2.5 * unit_y) + student_t_lpdf(tau_y | 3, 0, 2.5 * unit_y)
    + log(TAU_X) + log(SIGMA) - 2 * log(tau_y);
"
filled <- function(names) {
  text <- priors
  for (name in names(names)) text <- gsub(name, names[[name]], text, fixed = TRUE)
  stanvar(scode = paste0("{", text, "}"), block = "model")
}
units <- function(x, y) {
  stanvar(mean(x), "origin_x") + stanvar(sd(x), "unit_x") +
    stanvar(mean(y), "origin_y") + stanvar(sd(y), "unit_y")
}

summarized <- function(mu_x, tau_x, b0, slope, sigma) {
  tau_y <- sqrt(sigma^2 + (slope * tau_x)^2)
  all <- list(rho = slope * tau_x / tau_y, tau_x = tau_x, tau_y = tau_y, mu_x = mu_x,
    mu_y = b0 + slope * mu_x, intercept = b0, slope = slope, sigma = sigma)
  lapply(all, function(draws) list(
    mean = mean(draws), mcse_mean = mcse_mean(draws), sd = sd(draws), mcse_sd = mcse_sd(draws),
    q5 = quantile(draws, 0.05, names = FALSE), mcse_q5 = mcse_quantile(draws, 0.05, names = FALSE),
    q95 = quantile(draws, 0.95, names = FALSE), mcse_q95 = mcse_quantile(draws, 0.95, names = FALSE),
    rhat = rhat(draws)))
}

ITER <- list(chains = 4, iter = 6000, warmup = 1000, seed = 1, refresh = 0,
  control = list(adapt_delta = 0.95))
brms_draws <- function(formula, data, stanvars, flat) {
  fit <- do.call(brm, c(list(formula = formula, data = data, prior = flat, stanvars = stanvars,
    silent = 2), ITER))
  draws <- as_draws_array(fit)
  function(pattern) {
    name <- grep(pattern, variables(draws), value = TRUE)
    stopifnot(length(name) == 1)
    extract_variable_matrix(draws, name)
  }
}

# One side: y with errors, x exact.
data_se <- data.frame(x = x_exact, y = y_noisy, s = y_se)
get <- brms_draws(bf(y | se(s, sigma = TRUE) ~ 0 + Intercept + x) + bf(x ~ 1) + set_rescor(FALSE),
  data_se,
  units(data_se$x, data_se$y) + filled(list(MU_X = "Intercept_x", TAU_X = "sigma_x",
    SIGMA = "sigma_y", SLOPE = "b_y[2]", B0 = "b_y[1]")),
  set_prior("", class = "sigma", resp = "y") + set_prior("", class = "sigma", resp = "x") +
    set_prior("", class = "Intercept", resp = "x"))
se <- summarized(get("^b_x_Intercept$"), get("^sigma_x$"),
  get("^b_y_Intercept$"), get("^b_y_x$"), get("^sigma_y$"))

with_me <- list(MU_X = "meanme_1[1]", TAU_X = "sdme_1[1]", SIGMA = "sigma", SLOPE = "bsp[1]",
  B0 = "Intercept")
flat_me <- set_prior("", class = "sigma") + set_prior("", class = "Intercept") +
  set_prior("", class = "meanme") + set_prior("", class = "sdme")
of_me <- function(get) summarized(get("^meanme_"), get("^sdme_"), get("^b_Intercept$"),
  get("^bsp_"), get("^sigma$"))

# The other side: x with errors, y exact.
data_me <- data.frame(x = x_noisy, y = y_exact, s = x_se)
me <- of_me(brms_draws(bf(y ~ me(x, s)), data_me,
  units(data_me$x, data_me$y) + filled(with_me), flat_me))

# Both sides, errors independent.
data_both <- data.frame(x = x_noisy, y = y_noisy, s = x_se, t = y_se)
both <- of_me(brms_draws(bf(y | se(t, sigma = TRUE) ~ me(x, s)), data_both,
  units(data_both$x, data_both$y) + filled(with_me), flat_me))

# Both sides, errors that correlate.
program <- "
data { int n; vector[2] z[n]; vector[n] sx; vector[n] sy; vector[n] e;
  real origin_x; real unit_x; real origin_y; real unit_y; }
parameters { real mu_x; real mu_y; real<lower=0> tau_x; real<lower=0> tau_y; real<lower=-1,upper=1> rho; }
model {
  mu_x ~ student_t(3, origin_x, 2.5 * unit_x); tau_x ~ student_t(3, 0, 2.5 * unit_x);
  mu_y ~ student_t(3, origin_y, 2.5 * unit_y); tau_y ~ student_t(3, 0, 2.5 * unit_y);
  for (i in 1:n) {
    real c = rho * tau_x * tau_y + e[i] * sx[i] * sy[i];
    z[i] ~ multi_normal([mu_x, mu_y]',
      [[square(tau_x) + square(sx[i]), c], [c, square(tau_y) + square(sy[i])]]);
  }
}"
fit <- do.call(stan, c(list(model_code = program, data = list(n = n, z = cbind(x_noisy, y_noisy_with_x),
  sx = x_se, sy = y_se, e = error_correlation, origin_x = mean(x_noisy), unit_x = sd(x_noisy),
  origin_y = mean(y_noisy_with_x), unit_y = sd(y_noisy_with_x))), ITER))
get <- function(name) extract_variable_matrix(as_draws_array(fit), name)
slope <- get("rho") * get("tau_y") / get("tau_x")
correlated <- summarized(get("mu_x"), get("tau_x"), get("mu_y") - slope * get("mu_x"), slope,
  get("tau_y") * sqrt(1 - get("rho")^2))

one <- function(source, x, x_se, y, y_se, error_correlation, parameters) list(
  source = source, x = x, x_se = x_se, y = y, y_se = y_se, error_correlation = error_correlation,
  parameters = parameters)
zero <- rep(0, n)
write(toJSON(list(
  brms = as.character(packageVersion("brms")), rstan = as.character(packageVersion("rstan")),
  cases = list(
    one("y | se(y_se, sigma = TRUE) ~ x", x_exact, zero, y_noisy, y_se, zero, se),
    one("y ~ me(x, x_se)", x_noisy, x_se, y_exact, zero, zero, me),
    one("y | se(y_se, sigma = TRUE) ~ me(x, x_se)", x_noisy, x_se, y_noisy, y_se, zero, both),
    one("Stan, the pair integrated out", x_noisy, x_se, y_noisy_with_x, y_se, error_correlation,
      correlated))),
  auto_unbox = TRUE, digits = 8, pretty = TRUE), "correlation-with-error.json")
