# One regression with group effects by brms or lme4, as scale.mjs asks for it; prints a JSON line.
#
#     Rscript scale.R brms TABLE.csv FORMULA PEER CACHE CHAINS
#     Rscript scale.R lme4 TABLE.csv FORMULA
#
# PEER is the folder test/peer. brms' seconds are Stan's own clock of warm-up and sampling of its
# chains (CHAINS of 1,000 + 1,000 draws, defaults otherwise), without compiling; ESS is the least over
# coefficients, deviations and group effects. lme4's seconds are CPU time of glmer (Laplace).
suppressMessages({ library(jsonlite) })
arguments <- commandArgs(trailingOnly = TRUE)
table <- read.csv(arguments[2], stringsAsFactors = FALSE)
formula <- arguments[3]
tell <- function(...) cat(toJSON(list(...), auto_unbox = TRUE, digits = 8, dataframe = "rows"), "\n")
if (arguments[1] == "lme4") {
  suppressMessages({ library(lme4) })
  clock <- system.time(fit <- glmer(as.formula(formula), data = table, family = binomial()))
  sds <- as.data.frame(VarCorr(fit))
  tell(
    seconds = clock[["user.self"]] + clock[["sys.self"]],
    parameters = data.frame(
      name = c(
        sub("(Intercept)", "Intercept", paste0("b_", names(fixef(fit))), fixed = TRUE),
        sprintf("sd_%s__%s", sds$grp, sub("(Intercept)", "Intercept", sds$var1, fixed = TRUE))
      ),
      mean = c(unname(fixef(fit)), sds$sdcor)
    )
  )
} else {
  suppressMessages({ library(brms); library(posterior) })
  source(file.path(arguments[4], "brms-fit.R"))
  case <- list(formula = formula, family = "bernoulli", link = "logit", data = "table", prior = list())
  chains <- as.integer(arguments[6])
  one <- brms_fit(
    case, list(table = list(columns = table)), arguments[5], chains = chains, warmup = 1000,
    draws = 1000, seed = 2025, adapt_delta = 0.8
  )
  rows <- suppressWarnings(summarise_draws(
    subset_draws(as_draws_array(one$fit), reported(one$fit)), "mean", "sd", "ess_bulk", "ess_tail", "rhat"
  ))
  rows <- as.data.frame(lapply(rows, function(x) if (is.numeric(x)) as.numeric(x) else x))
  tell(
    seconds = sum(one$seconds), compile = one$compile, chains = chains,
    bulk = min(rows$ess_bulk), tail = min(rows$ess_tail),
    leastBulk = rows$variable[which.min(rows$ess_bulk)], leastTail = rows$variable[which.min(rows$ess_tail)],
    rhat = max(rows$rhat), divergences = one$divergences,
    gradients = sum(sapply(
      rstan::get_sampler_params(one$fit$fit), function(p) sum(p[, "n_leapfrog__"])
    )),
    parameters = data.frame(name = rows$variable, mean = rows$mean, sd = rows$sd)[!grepl("^r_", rows$variable), ]
  )
}
