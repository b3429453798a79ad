# Makes design.json: small data sets, given in full, and what R makes of formulas over them: the
# columns of model.matrix with their names, those that lm would leave out as aliased, brms' names
# for them, columns of new rows, and the group terms of lme4. As brms does, model.matrix is given the
# terms anew: of y ~ f * x - f those are x and f:x, and the columns are called x:fb. The tests read
# the file; R is needed only to make it anew:
#
#   apt-get install r-base-core r-cran-brms r-cran-lme4    (Debian 12)
#   cd test/reference && LC_ALL=C.UTF-8 Rscript design.R && npx biome format --write design.json
#
# Values are written with 17 digits, row after row.
suppressPackageStartupMessages({
  library(brms)
  library(lme4)
})
# Levels in code-point order, names in UTF-8.
invisible(Sys.setlocale("LC_COLLATE", "C"))
stopifnot(l10n_info()$`UTF-8`, "a" > "B")

small <- data.frame(
  y = c(2.5, 3.1, 0.4, 5.9, 4.4, 1.2, 7.3, 6.6, 2.2, 3.8, 5.1, 0.9),
  x = c(0.5, 1.25, -0.75, 2, 1.5, -1.25, 3, 2.5, 0.25, 1, 1.75, -0.5),
  z = c(3, 1, 4, 1.5, 9, 2.5, 6, 5, 3.5, 8, 9.5, 7),
  w = c(10, 20, 10, 40, 20, 10, 40, 20, 40, 10, 20, 40),
  a = c("mid", "low", "top", "mid", "low", "top", "low", "mid", "top", "mid", "low", "top"),
  b = c("yes", "no", "yes", "no", "no", "yes", "yes", "no", "no", "yes", "no", "yes"),
  ok = c(TRUE, FALSE, TRUE, TRUE, FALSE, FALSE, TRUE, FALSE, FALSE, TRUE, TRUE, FALSE),
  g = c(3, 1, 10, 2, 1, 3, 10, 2, 3, 1, 2, 10),
  stringsAsFactors = FALSE
)
small[["größe"]] <- c(1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233)
small[["my col"]] <- rev(small$x)
small[["Ärzte Team"]] <- c("Ö", "z", "A", "Ö", "z", "A", "a", "a", "Ö", "z", "A", "a")

new <- data.frame(
  x = c(-3, 0.125, 7), z = c(0.5, 20, 4), w = c(20, 10, 40), a = c("top", "low", "low"),
  b = c("no", "no", "yes"), ok = c(FALSE, TRUE, TRUE), g = c(10, 1, 1), stringsAsFactors = FALSE
)
new[["größe"]] <- c(1000, 3, 7.5)
new[["my col"]] <- c(0.1, 0.2, 0.3)
new[["Ärzte Team"]] <- c("z", "a", "A")

formulas <- c(
  # No interactions.
  "y ~ 1", "y ~ 0", "y ~ x", "y ~ 0 + x", "y ~ x - 1", "y ~ -1 + x + 1", "y ~ x + 0 + z", "y ~ -0 + x",
  "y ~ z + x", "y ~ x + x + z + x", "y ~ ((x)) + (z)", "y ~ a", "y ~ 0 + a", "y ~ a + b", "y ~ 0 + a + b",
  "y ~ 0 + x + a + b", "y ~ ok", "y ~ 0 + ok", "y ~ 0 + ok + a", "y ~ x + ok + a + z", "y ~ größe",
  "y ~ größe * `my col`", "y ~ `Ärzte Team` + `my col`", "y ~ 0 + `Ärzte Team`:x", "log(y) ~ x",
  # Interactions.
  "y ~ x:z", "y ~ x * z", "y ~ z * x", "y ~ x + z + x:z", "y ~ z:x + x", "y ~ x:x", "y ~ a:b", "y ~ 0 + a:b",
  "y ~ a * b", "y ~ 0 + a * b", "y ~ b:a + a", "y ~ a + a:b", "y ~ 0 + b + a:b", "y ~ x:a", "y ~ x + x:a",
  "y ~ 0 + x:a", "y ~ 0 + x + x:a", "y ~ a + x:a", "y ~ 0 + a + x:a", "y ~ 0 + x:a + b", "y ~ x * a", "y ~ ok * a",
  "y ~ ok:x", "y ~ x:ok:a", "y ~ a * b * x", "y ~ 0 + a * b * x", "y ~ a + a:b + x:b", "y ~ a:x + b:x + x",
  "y ~ (a + b):(x + z)", "y ~ x * z * w", "y ~ a:b:ok", "y ~ a:b:ok + a + b:ok",
  # Powers, nesting, taking away.
  "y ~ (x + z)^2", "y ~ (x + a + b)^2", "y ~ (x + z + a + ok)^3", "y ~ (x + a + b)^2 - a:b", "y ~ (a * b)^2",
  "y ~ a / b", "y ~ a / x", "y ~ x / a", "y ~ (a + b) / x", "y ~ a / (b + x)", "y ~ a / b / x", "y ~ a %in% b",
  "y ~ x + a %in% b", "y ~ x %in% (a + b)", "y ~ (a + b) %in% x", "y ~ a * b - a", "y ~ a * b - b - a",
  "y ~ x * z * w - x:z:w", "y ~ x * a - a", "y ~ a * x - a", "y ~ a * x - x", "y ~ x * a - x", "y ~ a * b * x - a:b",
  "y ~ a * b * x - a - b", "y ~ a * b * x - a - b - x", "y ~ a * x * z - a - a:x", "y ~ a * x * z - x:z - a",
  "y ~ 0 + a * x - a", "y ~ 0 + a * b - a", "y ~ 0 + b:a + a", "y ~ (a + b + x)^2 - a", "y ~ a / x - a", "y ~ a / b - a",
  "y ~ a:x + z:x + z", "y ~ z:a:x + x:a", "y ~ I(x^2) * a - a", "y ~ poly(x, 2) * a - a", "y ~ x - x + a:x",
  "y ~ a * b - b", "y ~ b * a * ok - b:ok - a", "y ~ ok * a - ok + x:ok", "y ~ z * (x + a) - z", "y ~ (x + z)**2", "y ~ x**2 + I(x**2)",
  "y ~ x + z - z", "y ~ a * x - 1", "y ~ x - (a + x) + z", "y ~ -x + z", "y ~ (1 + x) * a",
  "y ~ (0 + x):a", "y ~ x * (z - 1)", "y ~ a * b * ok - a:b:ok",
  # The dot.
  "y ~ .", "y ~ . - w - größe", "y ~ x * z + .", "log(y) ~ 0 + . - `my col`", "y ~ a:x + .", "y ~ (. - größe - g)^2",
  # Functions.
  "y ~ I(x^2)", "y ~ x + I(x^2) + I(x^3)", "y ~ I((x + 1)^2) * a", "y ~ I(x * z)", "y ~ I(x/2) + I(2 * x - z)",
  "y ~ I(-x)", "y ~ I(x^-1)", "y ~ I(x/100000) + I(1e-5 * z) + I(x + 123456) + I(0.1 + x)", "y ~ I(x^2):ok",
  "y ~ log(z) + log2(z) + log10(z) + log1p(z)", "y ~ log(z, 2) + log(z, base = 10)", "y ~ exp(x) + sqrt(z) + abs(x)",
  "y ~ log(z + 1):a", "y ~ I(log(z) * x)", "y ~ I(ok)", "y ~ I(ok + x)", "y ~ I(-x^2) * a", "y ~ I((-x)^2)", "y ~ sin(x) + cos(x) + expm1(x)",
  "y ~ scale(x)", "y ~ scale(x) * scale(z)", "y ~ scale(x, scale = FALSE) + scale(z, center = FALSE)",
  "y ~ scale(log(z)) + a:scale(x)", "y ~ I(scale(x)^2)", "y ~ scale(I(x^2))", "y ~ scale(z, FALSE, FALSE)",
  "y ~ poly(x, 2)", "y ~ poly(z, 3) * a", "y ~ poly(z, 1)", "y ~ poly(x, 2, raw = TRUE)", "y ~ poly(x, degree = 3, raw = FALSE)",
  "y ~ poly(größe, 4)", "y ~ 0 + poly(x, 2):a", "y ~ poly(log(z), 2) + ok", "y ~ poly(x, 2):poly(z, 2)", "y ~ poly(z, 5)",
  "y ~ factor(g)", "y ~ factor(g) * x", "y ~ 0 + factor(ok):z", "y ~ factor(a) + factor(w)",
  "y ~ x + offset(z)", "y ~ offset(z) + x + offset(log(z))",
  # Comparisons and logic.
  "y ~ I(x > 0)", "y ~ I(x > 0) * a", "y ~ 0 + I(x > 0):z", "y ~ I(x >= 1.5) + I(w == 20) + I(w != 20) + I(z < 4 | w <= 10)",
  "y ~ I(a == 'low')", "y ~ I(a != \"low\" & !ok)", "y ~ I(a %in% c('low', 'top')) * x", "y ~ I(w %in% c(10, 40)) + I(g %in% 1:3)",
  "y ~ I((x > 0) * z)", "y ~ I(x * (x > 0) + z * !ok)", "y ~ I(ok == TRUE)", "y ~ I(!(x > 0 | z > 5))", "y ~ I(-x > 1)", "y ~ x > 0", "y ~ (x > 0):z",
  "y ~ !ok + z", "y ~ z%%2", "y ~ I(z%/%2) + I(-z%%3)", "y ~ xor(ok, x > 0)", "y ~ I(w == 20L)", "y ~ I(`my col` > 0)", "y ~ I(g == 10):a + x",
  # Numbers.
  "y ~ round(x) + round(z / 7, 2) + signif(z * pi, 3)", "y ~ floor(x) + ceiling(z) + trunc(x * 1.7) + sign(x)", "y ~ tan(x) + asin(x / 4) + acos(x / 4) + atan(x)",
  "y ~ sinh(x) + cosh(x) + tanh(x)", "y ~ asinh(x) + acosh(z) + atanh(x / 4) + atan2(x, z)", "y ~ plogis(x) + qlogis(z / 21) + lgamma(z)",
  "y ~ pmin(x, 1) + pmax(x, z, 2)", "y ~ ifelse(x > 0, x, 0)", "y ~ ifelse(x > 0, 1, 0) * a", "y ~ ifelse(x > 1, 'high', 'low') * z", "y ~ ifelse(a == 'low', z, -1)",
  "y ~ ifelse(z > 3, log(z), 0)", "y ~ I(exp(-x^2) * sin(2 * pi * z))", "y ~ scale(x, center = 2, scale = 3)", "y ~ scale(x, center = 1) + scale(z, scale = 2)",
  "y ~ poly(x, 3, raw = T)", "y ~ as.numeric(ok) + as.integer(x * 3)", "y ~ as.numeric(factor(g)) * x", "y ~ as.logical(x > 0) + identity(z)",
  # Of the data of the fit; R takes the new rows' mean for them, which nobody wants.
  "y ~ I(x - mean(x)) + I((z - median(z)) / sd(z))", "y ~ I((z - min(z)) / (max(z) - min(z))) + I(z / var(z))",
  # Factors.
  "y ~ as.factor(g)", "y ~ 0 + as.factor(w):x", "y ~ factor(w, levels = c(40, 10, 20)) * z", "y ~ factor(a, levels = c('top', 'mid', 'low'))",
  "y ~ factor(ok, labels = c('no', 'yes'))", "y ~ factor(g, levels = c(1, 2, 3, 10), labels = c('i', 'ii', 'iii', 'x')) + x", "y ~ factor(x > 0) * z", "y ~ factor(round(z))",
  "y ~ relevel(factor(a), ref = 'mid') + x", "y ~ relevel(factor(w), '40') * x", "y ~ as.character(w) + x",
  "y ~ cut(x, c(-5, 0, 1, 10))", "y ~ cut(z, breaks = c(0, 3, 6, 30)) * x", "y ~ cut(x, c(-Inf, 0, Inf))", "y ~ cut(x, c(0, Inf, -5))", "y ~ 0 + cut(w, c(10, 20, 40), include.lowest = TRUE)",
  "y ~ cut(w, c(10, 20, 41), right = FALSE)", "y ~ cut(x, c(-5, 0, 10), labels = c('neg', 'pos')):z", "y ~ cut(z, seq(0, 20, by = 5)) + x",
  "y ~ cut(z, c(0, 3.14159, 3.14162, 100))", "y ~ cut(größe, c(0, 12.5, 123456.7))", "y ~ cut(z / 1e6, c(0, 4e-6, 1))", "y ~ cut(z, c(0, 5, 30), dig.lab = 1)", "y ~ cut(z, 3)", "y ~ cut(x, 4) + z",
  "y ~ interaction(a, b)", "y ~ 0 + interaction(b, ok, sep = '_')", "y ~ interaction(b, w, drop = TRUE):x", "y ~ interaction(a, b, lex.order = TRUE)",
  # Columns that say what others say.
  "y ~ x + I(2 * x)", "y ~ x + z + I(x + z) + w", "y ~ I(x^0)", "y ~ x + I(x * 0)", "y ~ 0 + a + ok + b", "y ~ I(x - z) + x + z"
)

number <- function(x) {
  text <- sprintf("%.15g", x)
  ifelse(as.numeric(text) == x, text, sprintf("%.17g", x))
}
quoted <- function(x) paste0('"', gsub('(["\\\\])', "\\\\\\1", x), '"')
# Lists are objects, or arrays where they have no names; vectors are arrays; single() is for scalars.
single <- function(x) structure(list(x), class = "single")
json <- function(x) {
  if (inherits(x, "single")) return(sub("^\\[(.*)\\]$", "\\1", json(x[[1]])))
  if (is.null(x)) return("null")
  if (is.atomic(x) && length(x) == 0) return("[]")
  if (is.logical(x)) return(paste0("[", paste(tolower(x), collapse = ", "), "]"))
  if (is.numeric(x)) return(paste0("[", paste(number(x), collapse = ", "), "]"))
  if (is.character(x)) return(paste0("[", paste(quoted(x), collapse = ", "), "]"))
  values <- vapply(x, json, "")
  if (is.null(names(x))) return(paste0("[", paste(values, collapse = ",\n"), "]"))
  paste0("{", paste0(quoted(names(x)), ": ", values, collapse = ",\n"), "}")
}
matrix_of <- function(x) list(names = as.character(colnames(x)), values = as.numeric(t(x)))

# A column is aliased where lm's QR passes over it.
aliased <- function(x) {
  q <- qr(x)
  as.character(colnames(x)[q$pivot[seq_len(ncol(x)) > q$rank]])
}
# As brms: the labels of the terms, read once more.
anew <- function(formula) {
  terms <- terms(formula, data = small)
  offsets <- vapply(as.list(attr(terms, "variables"))[1 + attr(terms, "offset")], deparse1, "")
  right <- c(if (attr(terms, "intercept") == 1) "1" else "0", attr(terms, "term.labels"), offsets)
  as.formula(paste(deparse1(formula[[2]]), "~", paste(right, collapse = " + ")), environment(formula))
}
design <- function(text) {
  # Labels of comparisons outside of I() are something else when they are read once more.
  formula <- if (grepl("(~ |[(])x > 0|!ok [+]|xor", text)) as.formula(text) else anew(as.formula(text))
  terms <- terms(formula, data = small)
  # As brms: levels that no row has are dropped.
  frame <- model.frame(terms, small, drop.unused.levels = TRUE)
  x <- model.matrix(terms, frame)
  at <- delete.response(terms(frame))
  # NULL where new rows have no value, or a level that the fit has not.
  xNew <- tryCatch(suppressWarnings(model.matrix(at, model.frame(at, new, xlev = .getXlevels(terms(frame), frame)))), error = function(e) NULL)
  if (is.null(xNew) || nrow(xNew) < nrow(new) || !all(is.finite(xNew))) xNew <- NULL
  population <- x[, colnames(x) != "(Intercept)", drop = FALSE]
  # brms does not take all that R takes: comparisons outside of I(), names that Stan does not spell.
  theirs <- tryCatch(colnames(suppressWarnings(make_standata(as.formula(text), small)$X)), error = function(e) NULL)
  if (!is.null(theirs)) stopifnot(identical(setdiff(theirs, "Intercept"), as.character(brms:::rename(colnames(population)))))
  list(
    formula = single(text),
    intercept = single(attr(terms, "intercept") == 1),
    matrix = matrix_of(population),
    # R keeps the constants of scale() where it is a term of its own, and loses them within I(), as those
    # of mean() and cut(), and the codes of levels.
    new = if (grepl("I\\(scale\\(|as.numeric\\(factor|mean\\(|min\\(z\\)|cut\\([xz], [34]\\)", text) || is.null(xNew)) NULL else as.numeric(t(xNew[, colnames(xNew) != "(Intercept)", drop = FALSE])),
    aliased = aliased(x),
    brms = as.character(brms:::rename(colnames(population))),
    offset = if (is.null(model.offset(frame))) NULL else as.numeric(model.offset(frame))
  )
}

bars <- c(
  "y ~ x + (1 | a)", "y ~ x + (1 + x | a)", "y ~ x + (0 + x | g)", "y ~ (x * z | a)", "y ~ (b | g)", "y ~ (0 + b | g)",
  "y ~ (ok + x | a)", "y ~ (1 | a:b)", "y ~ (1 | a/b)", "y ~ (x | g) + (1 | b)", "y ~ (poly(x, 2) | a)",
  "y ~ (scale(x) + I(x^2) | g)", "y ~ (-1 + x:b | a)", "y ~ (x + a - 1 | ok)"
)
# lme4's Z has a block of columns a level: the row of the matrix lies in that of the row's level.
blocks <- function(Zt, level, width) {
  t(vapply(seq_along(level), function(i) Zt[(level[i] - 1) * width + seq_len(width), i], numeric(width)))
}
groups <- function(text) {
  formula <- as.formula(text)
  random <- lFormula(formula, small, control = lmerControl(
    check.nobs.vs.nlev = "ignore", check.nobs.vs.rankZ = "ignore", check.nobs.vs.nRE = "ignore"
  ))$reTrms
  terms <- lapply(seq_along(random$Ztlist), function(i) {
    names <- random$cnms[[i]]
    factor <- random$flist[[attr(random$flist, "assign")[i]]]
    x <- blocks(as.matrix(random$Ztlist[[i]]), as.integer(factor), length(names))
    # Joined and sorted as brms has them: lme4 turns a/b into b:a.
    columns <- sort(strsplit(names(random$cnms)[i], ":")[[1]])
    level <- do.call(paste, c(lapply(columns, function(name) small[[name]]), sep = "_"))
    levels <- if (length(columns) > 1) sort(unique(level)) else levels(factor(small[[columns]]))
    list(
      group = single(paste(columns, collapse = ":")),
      matrix = list(names = names, values = as.numeric(if (length(names) > 1) t(x) else x)),
      levels = as.character(levels),
      levelOf = match(level, levels) - 1
    )
  })
  list(formula = single(text), terms = terms[order(vapply(terms, function(t) t$group[[1]], ""))])
}

table <- function(data) lapply(data, identity)
writeLines(json(list(
  versions = list(
    R = single(paste(R.version$major, R.version$minor, sep = ".")),
    brms = single(as.character(packageVersion("brms"))),
    lme4 = single(as.character(packageVersion("lme4")))
  ),
  data = table(small),
  new = table(new),
  designs = lapply(formulas, design),
  groups = lapply(bars, groups)
)), "design.json")
