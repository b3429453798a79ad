# Makes data.json: the data sets of cases.json as columns, the columns that the cases use and no
# other. They are measurements published long ago, as R's packages datasets, MASS, lme4, nlme and boot hand
# them on; the replica's rows are this project's own, made from fixtures/replica.
#
#   apt-get install r-base-core r-cran-brms r-cran-lme4 r-cran-mass r-cran-nlme r-cran-boot r-cran-jsonlite    (Debian 12)
#   cd test/peer && Rscript data.R
#
# Factors are written as text, so that everyone sorts their levels anew; numbers with up to 15 digits.
suppressMessages({ library(brms); library(jsonlite); library(lme4); library(MASS); library(nlme) })

# Columns of a data frame with their source; `...` are columns added or replaced.
dataset <- function(source, frame, columns, ...) {
  frame <- as.data.frame(frame)
  added <- list(...)
  for (name in names(added)) frame[[name]] <- added[[name]]
  columns <- lapply(as.list(frame[columns]), function(x) if (is.factor(x)) as.character(x) else unname(x))
  list(source = source, columns = columns)
}

# The five normalized differences between the options of each choice, first option minus second,
# as the regressions of the study have them.
choices <- function(model, contexts) {
  folder <- file.path("..", "..", "fixtures", "replica")
  rows <- read.csv(file.path(folder, paste0(model, "_instilled_selections.csv")))
  ranges <- read.csv(file.path(folder, "scenarios.csv"))
  rows <- rows[rows$scenario %in% unique(rows$scenario)[seq_len(contexts)], ]
  of <- match(rows$scenario, ranges$scenario)
  differences <- sapply(1:5, function(j) {
    range <- ranges[[paste0("attr", j, "_max")]][of] - ranges[[paste0("attr", j, "_min")]][of]
    round((rows[[paste0("A_attribute_", j)]] - rows[[paste0("B_attribute_", j)]]) / range, 6)
  })
  colnames(differences) <- paste0("d", 1:5)
  data.frame(scenario = rows$scenario, selection = as.integer(rows$selection == "A"), differences)
}

one <- choices("gpt-4o-2024-08-06", 1)
twelve <- choices("gpt-4o-2024-08-06", 12)
sailed <- MASS::ships[MASS::ships$service > 0, ]
strong <- datasets::quakes[datasets::quakes$mag >= 5, ]
schools <- data.frame(
  school = LETTERS[1:8], effect = c(28, 8, -3, 7, -1, 1, 18, 12), error = c(15, 10, 16, 11, 9, 11, 10, 18)
)
asked <- MASS::housing[rep(seq_len(nrow(MASS::housing)), MASS::housing$Freq), ]

# Wins of the row's team over the column's, 13 games a pair; a row for each pair.
paired <- function() {
  teams <- c("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
  wins <- rbind(
    c(0, 7, 9, 7, 7, 9, 11), c(6, 0, 7, 5, 11, 9, 9), c(4, 6, 0, 7, 7, 8, 12), c(6, 8, 6, 0, 6, 7, 10),
    c(6, 2, 6, 7, 0, 7, 12), c(4, 4, 5, 6, 6, 0, 6), c(2, 4, 1, 3, 1, 7, 0)
  )
  pairs <- t(combn(7, 2))
  data.frame(
    team = teams[pairs[, 1]], other = teams[pairs[, 2]], wins = wins[pairs], games = (wins + t(wins))[pairs],
    w1 = 1, w2 = -1
  )
}

# Ratings 3 and 4 of the second period are one category.
two_scales <- function() {
  rows <- brms::inhaler
  rows$scale <- ifelse(rows$period > 0, "of four", "of three")
  rows$rating <- ifelse(rows$period > 0, rows$rating, pmin(rows$rating, 3))
  rows
}

# Pupils who were in two schools, or twice in one, for some of six years each.
moved <- function() {
  set.seed(2026)
  n <- 90
  schools <- c("Ash", "Beech", "Cedar", "Elm", "Fir", "Hazel", "Larch", "Oak")
  first <- sample(schools, n, TRUE)
  second <- ifelse(runif(n) < 0.5, first, sample(schools, n, TRUE))
  years <- sample(1:5, n, TRUE)
  later <- 6 - years
  x <- round(rnorm(n), 2)
  u <- setNames(rnorm(8, 0, 1.2), schools)
  v <- setNames(rnorm(8, 0, 0.6), schools)
  mean <- 10 + (years * u[first] + later * u[second]) / 6
  slope <- 1 + (years * v[first] + later * v[second]) / 6
  data.frame(first, second, years, later, x, score = round(unname(mean + x * slope) + rnorm(n), 2))
}

# Weights that models report of their own choices, noisy, beside how they decide; and a covariate that some rows lack.
reporting <- function() {
  set.seed(2027)
  n <- 80
  model <- rep(LETTERS[1:8], each = 10)
  u <- setNames(rnorm(8, 0, 0.7), LETTERS[1:8])
  z <- round(rnorm(n), 2)
  held <- 0.3 + 0.5 * z + rnorm(n)
  care <- 0.4 * held + rnorm(n, 0, 0.8)
  error <- round(runif(n, 0.3, 0.8), 2)
  slack <- round(runif(n, 0.2, 0.5), 2)
  used <- 0.2 + 0.8 * held - 0.3 * z + 0.4 * care + rnorm(n, 0, 0.6)
  seen <- ifelse(runif(n) < 0.3, NA, round(held, 2))
  data.frame(
    model, z, error, slack, reported = round(rnorm(n, held, error), 2), caring = round(rnorm(n, care, slack), 2), seen,
    used = round(used, 2), agrees = as.integer(runif(n) < plogis(0.3 + held + u[model]))
  )
}

data <- list(
  mtcars = dataset("datasets::mtcars", mtcars, c("mpg", "hp", "wt", "am")),
  iris = dataset("datasets::iris", iris, c("Sepal.Length", "Petal.Length", "Species")),
  cars = dataset("datasets::cars", cars, c("speed", "dist")),
  trees = dataset("datasets::trees", trees, c("Girth", "Height", "Volume")),
  swiss = dataset(
    "datasets::swiss, educated = Education / 100", swiss,
    c("Fertility", "Agriculture", "Education", "Catholic", "educated"), educated = swiss$Education / 100
  ),
  warpbreaks = dataset("datasets::warpbreaks", warpbreaks, c("breaks", "wool", "tension")),
  ToothGrowth = dataset("datasets::ToothGrowth", ToothGrowth, c("len", "supp", "dose")),
  PlantGrowth = dataset("datasets::PlantGrowth", PlantGrowth, c("weight", "group")),
  chickwts = dataset("datasets::chickwts", chickwts, c("weight", "feed")),
  InsectSprays = dataset("datasets::InsectSprays", InsectSprays, c("count", "spray")),
  Puromycin = dataset("datasets::Puromycin", Puromycin, c("rate", "conc", "state")),
  airquality = dataset("datasets::airquality", airquality, c("Ozone", "Solar.R", "Wind", "Temp")),
  stackloss = dataset("datasets::stackloss", stackloss, c("stack.loss", "Air.Flow", "Water.Temp", "Acid.Conc.")),
  attenu = dataset("datasets::attenu", attenu, c("mag", "dist", "accel")),
  quakes = dataset(
    "datasets::quakes of magnitude 5 and more, bearing from the mean of long and lat, in radians", strong,
    c("depth", "bearing", "stations"),
    bearing = round(atan2(strong$lat - mean(strong$lat), strong$long - mean(strong$long)), 6)
  ),
  islay = dataset(
    "boot::islay, azimuths of paleocurrents from the east, in radians from -pi to pi", boot::islay, "azimuth",
    azimuth = round((boot::islay$theta + 180) %% 360 - 180, 6) * pi / 180
  ),
  infert = dataset("datasets::infert", infert, c("case", "spontaneous", "induced")),
  esoph = dataset(
    "datasets::esoph, n the sum of cases and controls", esoph, c("ncases", "n", "agegp", "alcgp"),
    n = esoph$ncases + esoph$ncontrols
  ),
  birthwt = dataset("MASS::birthwt", MASS::birthwt, c("low", "age", "lwt", "smoke")),
  bacteria = dataset("MASS::bacteria", MASS::bacteria, c("y", "trt", "week", "ID")),
  anorexia = dataset("MASS::anorexia", MASS::anorexia, c("Treat", "Prewt", "Postwt")),
  mcycle = dataset("MASS::mcycle", MASS::mcycle, c("times", "accel")),
  quine = dataset("MASS::quine", MASS::quine, c("Days", "Eth", "Sex", "Age", "Lrn")),
  ships = dataset(
    "MASS::ships, rows with service above 0", sailed, c("type", "year", "period", "service", "incidents"),
    year = as.character(sailed$year), period = as.character(sailed$period)
  ),
  epil = dataset("MASS::epil", MASS::epil, c("y", "trt", "V4", "subject", "lbase", "lage")),
  sleepstudy = dataset("lme4::sleepstudy", lme4::sleepstudy, c("Reaction", "Days", "Subject")),
  cbpp = dataset(
    "lme4::cbpp, share = incidence / size", lme4::cbpp, c("incidence", "size", "period", "herd", "share"),
    share = lme4::cbpp$incidence / lme4::cbpp$size
  ),
  Dyestuff = dataset("lme4::Dyestuff", lme4::Dyestuff, c("Yield", "Batch")),
  Penicillin = dataset("lme4::Penicillin", lme4::Penicillin, c("diameter", "plate", "sample")),
  Pastes = dataset("lme4::Pastes", lme4::Pastes, c("strength", "batch", "cask")),
  grouseticks = dataset(
    "lme4::grouseticks", lme4::grouseticks, c("TICKS", "HEIGHT", "YEAR", "BROOD", "LOCATION"),
    YEAR = paste0("19", lme4::grouseticks$YEAR)
  ),
  Orthodont = dataset("nlme::Orthodont", nlme::Orthodont, c("distance", "age", "Subject", "Sex")),
  Machines = dataset("nlme::Machines", nlme::Machines, c("score", "Machine", "Worker")),
  ergoStool = dataset("nlme::ergoStool", nlme::ergoStool, c("effort", "Type", "Subject")),
  inhaler = dataset("brms::inhaler", brms::inhaler, c("rating", "treat", "period", "carry", "subject")),
  scales = dataset(
    "brms::inhaler, the ratings of the second period on a scale of three", two_scales(),
    c("rating", "treat", "carry", "scale", "subject")
  ),
  housing = dataset(
    "MASS::housing, a row for each of Freq; Sat from 1, low, to 3", asked, c("Sat", "Infl", "Type", "Cont"),
    Sat = as.integer(asked$Sat)
  ),
  schools = dataset(
    "Rubin (1981), J. Educational Statistics 6, table 1", schools, c("effect", "error", "school")
  ),
  replica = dataset(
    "fixtures/replica, gpt-4o's instilled selections of the first context", one,
    c("selection", paste0("d", 1:5))
  ),
  contexts = dataset(
    "fixtures/replica, gpt-4o's instilled selections of the first twelve contexts", twelve,
    c("selection", "scenario", "d1", "d2")
  ),
  baseball = dataset(
    "American League East 1987, as Agresti (2002, Categorical Data Analysis, 10.6) has it; a row for each pair",
    paired(), c("team", "other", "wins", "games", "w1", "w2")
  ),
  pupils = dataset(
    "made here: scores of pupils of two schools", moved(),
    c("first", "second", "years", "later", "x", "score")
  ),
  reports = dataset(
    "made here: weights that models report with known errors, one of them missing in some rows, and choices", reporting(),
    c("model", "z", "error", "slack", "reported", "caring", "seen", "used", "agrees")
  )
)
# A data set a line.
line <- function(x) toJSON(x, dataframe = "columns", auto_unbox = TRUE, digits = 15, na = "null")
writeLines(c(
  "{",
  paste0("\"", names(data), "\": ", vapply(data, line, ""), collapse = ",\n"),
  "}"
), "data.json")
