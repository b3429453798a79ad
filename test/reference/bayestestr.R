# Makes bayestestr.json: small sets of draws, given in full, with what bayestestR computes from them.
# The tests read the file; R is needed only to make it anew:
#
#   apt-get install r-base-core r-cran-bayestestr r-cran-jsonlite    (Debian 12)
#   cd test/reference && Rscript bayestestr.R && npx biome format --write bayestestr.json
#
# Draws have at most four decimals, so that the decimal in the file is exactly the double that R used.
suppressPackageStartupMessages(library(bayestestR))
set.seed(20250802)

short <- function(x) round(x * 1e4) / 1e4
sets <- list(
  "normal about 0.2" = short(rnorm(200, 0.2, 0.3)),
  "normal about -0.05, narrow" = short(rnorm(150, -0.05, 0.08)),
  "all below the reference" = short(-rexp(97)),
  "skewed" = short(rgamma(120, 2) - 1),
  "many ties, some at zero" = round(rnorm(160), 1),
  "ends of the region among the draws" = c((-10:10) / 20, rep(c(-0.1, 0.1), 6)),
  "constant" = rep(0.1, 40),
  "few" = c(-1, 0, 0, 2, 3)
)
masses <- c(0.5, 0.89, 0.95, 1)
regions <- list(c(-0.1, 0.1), c(0.3, -0.2), c(0, 5))
references <- c(0, 0.1, -0.5)

describe <- function(name) {
  draws <- sets[[name]]
  share <- function(region, mass, method) {
    suppressWarnings(rope(draws, range = region, ci = mass, ci_method = method, verbose = FALSE))$ROPE_Percentage
  }
  list(
    name = name,
    draws = draws,
    eti = lapply(masses, function(mass) {
      ends <- eti(draws, ci = mass, verbose = FALSE)
      list(mass = mass, interval = c(ends$CI_low, ends$CI_high))
    }),
    pd = lapply(references, function(reference) {
      list(reference = reference, pd = as.numeric(p_direction(draws, null = reference)))
    }),
    rope = unlist(recursive = FALSE, lapply(regions, function(region) {
      lapply(masses, function(mass) {
        list(
          region = region, mass = mass,
          hdi = share(region, mass, "HDI"), eti = share(region, mass, "ETI")
        )
      })
    }))
  )
}

writeLines(jsonlite::toJSON(list(
  versions = list(bayestestR = as.character(packageVersion("bayestestR"))),
  sets = lapply(names(sets), describe)
), digits = NA, auto_unbox = TRUE, na = "null"), "bayestestr.json")
