// The weight regression of the paper as brms writes it: centred predictors, slopes normal(0, 1).
data {
  int<lower=1> n;
  int<lower=1> k;
  matrix[n, k] x;
  int y[n];
}
transformed data {
  matrix[n, k] centred;
  vector[k] means;
  for (j in 1:k) {
    means[j] = mean(x[, j]);
    centred[, j] = x[, j] - means[j];
  }
}
parameters {
  vector[k] b;
  real Intercept;
}
model {
  y ~ bernoulli_logit_glm(centred, Intercept, b);
  b ~ normal(0, 1);
  Intercept ~ student_t(3, 0, 2.5);
}
generated quantities {
  real b_Intercept = Intercept - dot_product(means, b);
}
