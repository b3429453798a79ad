# Stan on the weight regressions that weighbridge is timed on: brms' program (centred predictors,
# normal(0, 1) slopes, student_t(3, 0, 2.5) intercept), 4 chains of 1,000 + 1,000 on one core.
# Reads rows of context, y, d1, d2, … as CSV; prints one JSON object. Stan's own time counts, which
# leaves out R, the compiler and the summary.
suppressMessages({
  library(rstan)
  library(posterior)
  library(jsonlite)
})
# Debian's BH holds no headers: they lie where the system keeps them.
if (system.file("include", "boost", package = "BH") == "") rstan_options(boost_lib = "/usr/include")
rows <- read.csv(commandArgs(trailingOnly = TRUE)[1])
program <- stan_model(model_code = "
  data { int N; int K; matrix[N, K] X; int y[N]; }
  transformed data {
    matrix[N, K] Xc;
    vector[K] means;
    for (k in 1:K) { means[k] = mean(X[, k]); Xc[, k] = X[, k] - means[k]; }
  }
  parameters { vector[K] b; real Intercept; }
  model {
    target += bernoulli_logit_glm_lpmf(y | Xc, Intercept, b);
    target += normal_lpdf(b | 0, 1);
    target += student_t_lpdf(Intercept | 3, 0, 2.5);
  }
  generated quantities { real b_Intercept = Intercept - dot_product(means, b); }
")
fits <- lapply(split(rows, rows$context), function(one) {
  X <- as.matrix(one[, grep("^d[0-9]+$", names(one))])
  fit <- sampling(program, data = list(N = nrow(X), K = ncol(X), X = X, y = one$y),
                  chains = 4, cores = 1, iter = 2000, warmup = 1000, seed = 2025, refresh = 0)
  draws <- as_draws_array(as.array(fit, pars = c("b_Intercept", "b")))
  measures <- summarise_draws(draws, "ess_bulk", "ess_tail")
  steps <- sum(sapply(get_sampler_params(fit, inc_warmup = FALSE), function(p) sum(p[, "n_leapfrog__"])))
  list(seconds = sum(get_elapsed_time(fit)), bulk = min(measures$ess_bulk),
       tail = min(measures$ess_tail), leapfrogs = steps)
})
mean_of <- function(what) mean(sapply(fits, `[[`, what))
cat(toJSON(list(fits = length(fits), secondsPerFit = mean_of("seconds"), minEssBulk = mean_of("bulk"),
                minEssTail = mean_of("tail"), leapfrogsPerFit = mean_of("leapfrogs"),
                version = as.character(packageVersion("rstan"))), auto_unbox = TRUE, digits = 8))
