import 'uplot/dist/uPlot.min.css';
import './theme.css';
import './page.css';
import './parts.css';
import './small.css';
import { render } from 'preact';
import { App } from './view/App';

const root = document.getElementById('page');
if (root) {
  root.textContent = '';
  render(<App />, root);
}
