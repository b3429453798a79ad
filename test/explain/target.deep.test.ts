import './target.test.js';
