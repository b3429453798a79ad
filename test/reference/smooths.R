# Bases, defaults and predictions of smooth terms, by mgcv and brms: smooths.json, what test/formula/smooths.test.ts
# holds ours to. To make the file anew: cd test/reference && Rscript smooths.R && npx biome format --write smooths.json
suppressMessages({ library(brms); library(mgcv); library(MASS); library(jsonlite) })

# A column may have another sign, and penalized columns another rotation: the products of their rows do not.
products <- function(z) z %*% t(z)

thin_plate <- function(name, x, new, ...) {
  term <- s(x, ...)
  basis <- smoothCon(term, data = data.frame(x = x), absorb.cons = TRUE, diagonal.penalty = TRUE)[[1]]
  random <- smooth2random(basis, "x", type = 2)
  there <- brms:::s2rPred(basis, data.frame(x = new))
  new_columns <- matrix(there$rand[[1]], nrow = length(new))
  rows <- unique(round(seq(1, length(x), length.out = 10)))
  list(
    name = name, x = x, k = basis$bs.dim, new = new, rows = rows,
    linear = c(random$Xf[rows, 1], there$Xf),
    products = products(rbind(random$rand[[1]][rows, , drop = FALSE], new_columns))
  )
}

gaussian_process <- function(name, x, ...) {
  data <- data.frame(x = x, y = seq_along(x))
  text <- list(...)[[1]]
  formula <- as.formula(paste("y ~", text))
  numbers <- make_standata(formula, data)
  prior <- get_prior(formula, data)
  list(
    name = name, x = x, term = text,
    columns = numbers$Xgp_1[as.vector(numbers$Jgp_1), , drop = FALSE], frequencies = as.vector(numbers$slambda_1),
    lscale = prior$prior[prior$class == "lscale" & nzchar(prior$coef)]
  )
}

set.seed(19)
uneven <- round(rexp(40), 2)
many <- round(rnorm(400), 3)
results <- list(
  splines = list(
    thin_plate("mcycle", mcycle$times, c(-5, 0, 11.3, 70), k = -1),
    thin_plate("cars, k = 5", cars$speed, c(2, 9.5, 30), k = 5),
    thin_plate("uneven, k = 20", uneven, c(-1, 0.33, 12), k = 20),
    thin_plate("many, k = 10", many, c(-4, 0.0005, 4), k = 10),
    thin_plate("four values", c(1, 2, 4, 4, 7, 2), c(0, 3, 9), k = 4)
  ),
  processes = list(
    gaussian_process("mcycle", mcycle$times, "gp(x, k = 20, c = 5/4)"),
    gaussian_process("uneven", uneven, "gp(x, k = 8, c = 1.5)"),
    gaussian_process("unscaled", cars$speed, "gp(x, k = 5, c = 5/4, scale = FALSE)")
  )
)
writeLines(toJSON(results, auto_unbox = TRUE, digits = NA), "smooths.json")
