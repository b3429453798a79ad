import './compare-items.test.js';
