// Mixed logit of choices from sets, ranked as far as `chosen` says: the reference of choices.json.
// In the syntax of Stan 2.21, the version of Debian.
data {
  int<lower=1> options;              // rows, sorted by set: the chosen, best first, then the others
  int<lower=1> sets;
  int<lower=1> predictors;
  int<lower=1> persons;
  matrix[options, predictors] x;
  int<lower=1> start[sets];    // first row of each set
  int<lower=2> many[sets];     // options of each set
  int<lower=1> chosen[sets];   // ranked options of each set
  int<lower=1> person[sets];
  int<lower=0, upper=1> mixed;       // 1: the slope of the first predictor varies by person
}
parameters {
  vector[predictors] b;
  vector<lower=0>[mixed] sd_price;
  vector[mixed * persons] z;
}
model {
  vector[options] eta = x * b;
  z ~ std_normal();
  // Half Student-t, as brms' default.
  sd_price ~ student_t(3, 0, 2.5);
  for (s in 1:sets) {
    int last = start[s] + many[s] - 1;
    if (mixed == 1) {
      for (k in start[s]:last) eta[k] += sd_price[1] * z[person[s]] * x[k, 1];
    }
    for (r in 1:chosen[s]) {
      int first = start[s] + r - 1;
      target += eta[first] - log_sum_exp(eta[first:last]);
    }
  }
}
