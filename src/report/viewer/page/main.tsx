/** The viewer's page: starts it. */
import { render } from 'preact';
import { App } from './app.js';
import { applyTheme, rememberedTheme } from './theme.js';

const root = document.getElementById('app');
if (root) {
  applyTheme(rememberedTheme());
  root.replaceChildren();
  render(<App />, root);
}
