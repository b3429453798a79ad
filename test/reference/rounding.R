# Makes rounding.json: what R's round and signif make of numbers near and at halves. The tests read
# the file; R is needed only to make it anew:
#
#   apt-get install r-base-core r-cran-jsonlite    (Debian 12)
#   cd test/reference && Rscript rounding.R && npx biome format --write rounding.json
set.seed(1)
x <- c((-9:9) / 8, 0.15, 2.675, 1.005, -0.285, 1e-5 * 1:4, 10^(0:15) * 1.25, 12345.5, 5e-324, round(runif(40, -3, 3), 2))
digits <- c(-2, 0, 1, 2, 3, 10)
significant <- c(1, 2, 6)
writeLines(jsonlite::toJSON(list(
  x = x, digits = digits, round = lapply(digits, function(d) round(x, d)),
  significant = significant, signif = lapply(significant, function(d) signif(x, d))
), digits = NA), "rounding.json")
