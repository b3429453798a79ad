# One case of cases.json fitted by brms, with its compiled Stan program kept in a folder. Sourced by
# brms.R here and by bench/peer/regressions.R.

# Debian's BH is a package without files: its Boost is the system's.
if (!nzchar(rstan::rstan_options("boost_lib"))) rstan::rstan_options(boost_lib = "/usr/include")

# A data set of data.json; text stays text, which brms takes for a factor.
frame_of <- function(data, name) as.data.frame(data[[name]]$columns, check.names = FALSE)

# The rows of a case's priors as brms takes them.
priors_of <- function(case) {
  bound <- function(x) if (is.null(x)) NA else x
  text <- function(x) if (is.null(x)) "" else x
  rows <- lapply(case$prior, function(row) {
    # Those of other classes are brms' own.
    bounds <- if (row$class %in% c("b", "sigma")) list(lb = bound(row$lb), ub = bound(row$ub)) else list()
    do.call(set_prior, c(
      list(row$text, class = row$class, coef = text(row$coef), group = text(row$group)), bounds
    ))
  })
  do.call(c, c(list(empty_prior()), rows))
}

# Kubinec (2023), equations 1 to 3, which brms does not have, by thresholds cutzero and cutzero + cutgap.
ordered_beta <- custom_family(
  "ordered_beta", dpars = c("mu", "phi", "cutzero", "cutgap"),
  links = c("logit", "identity", "identity", "identity"), lb = c(NA, 0, NA, 0), type = "real"
)
ordered_beta_density <- "
  real ordered_beta_lpdf(real y, real mu, real phi, real cutzero, real cutgap) {
    real eta = logit(mu);
    real cutone = cutzero + cutgap;
    if (y == 0) return log1m_inv_logit(eta - cutzero);
    if (y == 1) return log_inv_logit(eta - cutone);
    return log_diff_exp(log_inv_logit(eta - cutzero), log_inv_logit(eta - cutone))
      + beta_proportion_lpdf(y | mu, phi);
  }
"

family_of <- function(case) {
  if (case$family == "ordered_beta") return(ordered_beta)
  threshold <- if (is.null(case$threshold)) list() else list(threshold = case$threshold)
  do.call(brmsfamily, c(list(case$family, link = case$link), threshold))
}

# Stan code that a family needs beside brms' own.
stanvars_of <- function(case) {
  if (case$family == "ordered_beta") stanvar(scode = ordered_beta_density, block = "functions")
}

compiled_here <- new.env()

# The Stan program as brms writes it, compiled once for each text; seconds that compiling took.
compiled <- function(code, cache) {
  file <- file.path(cache, paste0("program-", digest::digest(as.character(code)), ".rds"))
  # A program saved by this very session is not found again by it: readRDS is for later ones.
  if (!is.null(compiled_here[[file]])) return(compiled_here[[file]])
  if (file.exists(file)) return(readRDS(file))
  started <- proc.time()[["elapsed"]]
  model <- suppressMessages(rstan::stan_model(model_code = code, save_dso = TRUE))
  program <- list(model = model, seconds = proc.time()[["elapsed"]] - started)
  saveRDS(program, file)
  compiled_here[[file]] <- program
  program
}

# brms' own steps (brm with empty = TRUE, its program, its data, rename_pars), so that compiling and
# sampling are told apart and a program serves more than one fit.
brms_fit <- function(case, data, cache, chains, warmup, draws, seed, adapt_delta) {
  fit <- brm(
    as.formula(case$formula), data = frame_of(data, case$data), family = family_of(case),
    prior = priors_of(case), stanvars = stanvars_of(case), empty = TRUE
  )
  program <- compiled(stancode(fit), cache)
  fit$fit <- suppressWarnings(rstan::sampling(
    program$model, standata(fit), pars = brms:::exclude_pars(fit), include = FALSE,
    chains = chains, iter = warmup + draws, warmup = warmup, cores = 1, refresh = 0, seed = seed,
    control = list(adapt_delta = adapt_delta)
  ))
  list(
    fit = brms:::rename_pars(fit), compile = program$seconds,
    seconds = colSums(rstan::get_elapsed_time(fit$fit)),
    divergences = rstan::get_num_divergent(fit$fit)
  )
}

# Names of what brms reports: coefficients, deviations, correlations, auxiliaries, group effects. The
# discrimination of an ordinal family is a constant 1, and delta the gap between its thresholds; par_b_1, … are the
# coefficients that are not constant, and Intercept_1[1], … the thresholds of groups, once more. Latent
# values of noisy predictors, Xme, are those of the rows.
reported <- function(fit) {
  again <- "^par_|^Xme|^(first_)?Intercept_[0-9]+(\\[|$)|^delta_[0-9]+$"
  grep(again, setdiff(variables(fit), c("lprior", "lp__", "disc", "delta")), invert = TRUE, value = TRUE)
}
