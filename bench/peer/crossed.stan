// Bernoulli outcomes as a matrix, items by columns (models, or conditions of a study), with group
// effects of items and of columns: the model of brms' default priors for y ~ 1 + (1 | model) +
// (1 | item) and exact ~ examples + (1 | item) + (0 + shot | bank), written for speed. The effects
// of columns are centred at their own mean, as each column has many outcomes; those of items are
// centred (at zero) or not, as the data say.
data {
  int<lower=1> items;
  int<lower=1> columns;
  int<lower=0, upper=1> y[columns, items];
  int<lower=0> predictors;
  matrix[columns, predictors] x; // each with mean zero, as brms centres them
  int<lower=0, upper=1> grouped[columns]; // whether the column has an effect of its own
  int<lower=0, upper=1> centred; // items
}
transformed data {
  int groups = sum(grouped);
  matrix[items, 1] one = rep_matrix(1, items, 1);
}
parameters {
  real Intercept;
  vector[predictors] b;
  vector[groups] column; // grouped columns' own intercepts
  vector[items] z;
  real<lower=0> sd_column;
  real<lower=0> sd_item;
}
transformed parameters {
  vector[columns] mean_column = rep_vector(Intercept, columns);
  vector[items] item;
  if (predictors > 0) mean_column += x * b;
  if (centred) item = z;
  else item = sd_item * z;
}
model {
  int next = 0;
  Intercept ~ student_t(3, 0, 2.5);
  sd_column ~ student_t(3, 0, 2.5);
  sd_item ~ student_t(3, 0, 2.5);
  if (centred) z ~ normal(0, sd_item);
  else z ~ std_normal();
  // The function for regressions has a gradient of its own: faster than a sum of effects.
  for (c in 1:columns) {
    if (grouped[c]) {
      next += 1;
      column[next] ~ normal(mean_column[c], sd_column);
      y[c] ~ bernoulli_logit_glm(one, item, [column[next]]');
    } else {
      y[c] ~ bernoulli_logit_glm(one, item, [mean_column[c]]');
    }
  }
}
generated quantities {
  vector[groups] effect; // of the grouped columns, about their mean
  {
    int next = 0;
    for (c in 1:columns) {
      if (grouped[c]) {
        next += 1;
        effect[next] = column[next] - mean_column[c];
      }
    }
  }
}
