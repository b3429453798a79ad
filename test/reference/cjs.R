# Makes cjs.json: cumulative Jensen-Shannon distances of weighted draws by the R package priorsense,
# which measures the sensitivity of a posterior with them. The tests read the file. To make it anew:
#
#   fetch R/cjs.R of github.com/n-kall/priorsense at d13f1506d75ec3d66afe429ec8b203b8169984d4 (1.2.0.9000)
#   cd test/reference && Rscript cjs.R PATH/TO/cjs.R && npx biome format --write cjs.json
#
# It needs the R package checkmate and no other. Draws and weights have few decimals, so that the
# decimal in the file is exactly the double that R used.
source(commandArgs(trailingOnly = TRUE)[[1]])
set.seed(20251121, kind = "Mersenne-Twister", normal.kind = "Inversion")
short <- function(x) round(x * 1e5) / 1e5

cases <- list(
  "a power of 1.01" = list(x <- short(rnorm(60)), short(exp(-0.01 * x^2 / 2))),
  "a shift to the right" = list(x <- short(rnorm(60)), short(exp(0.3 * x))),
  "a shift to the left" = list(x <- short(rnorm(60)), short(exp(-0.3 * x))),
  "draws far from zero" = list(x <- short(1000 + rnorm(40)), short(runif(40))),
  "a long tail" = list(short(rcauchy(50)), short(rexp(50))),
  "some weights zero" = list(short(rexp(40)), c(rep(0, 5), short(runif(30)), rep(0, 5))),
  "ties" = list(round(rnorm(50)), short(runif(50))),
  "all weight on one" = list(short(rnorm(10)), c(0, 0, 1, 0, 0, 0, 0, 0, 0, 0))
)
numbers <- function(x) paste0("[", paste(sprintf("%.15g", x), collapse = ", "), "]")
rows <- vapply(names(cases), function(name) {
  draws <- cases[[name]][[1]]
  weights <- cases[[name]][[2]]
  distance <- cjs_dist(draws, draws, x_weights = NULL, y_weights = weights)
  sprintf('{"name": "%s", "draws": %s, "weights": %s, "distance": %.17g}',
    name, numbers(draws), numbers(weights), distance)
}, "")
writeLines(paste0("[", paste(rows, collapse = ",\n"), "]"), "cjs.json")
