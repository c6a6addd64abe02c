import { expect, it } from 'vitest';
import { layersMade } from '../../src/images/history.js';

it('gives each layer the command that made it, and leaves out what made none', () => {
  const history = [
    { created_by: '/bin/sh -c #(nop) ADD file:0 in / ' },
    { created_by: '/bin/sh -c #(nop)  CMD ["bash"]', empty_layer: true },
    { created_by: '/bin/sh -c apt-get update' },
    { created_by: 'WORKDIR /app' },
    { created_by: 'RUN /bin/sh -c pip install . # buildkit' },
  ];
  expect(layersMade(history, [10, 20, 0, 30])).toEqual([
    { command: 'ADD file:0 in /', bytes: 10 },
    { command: 'apt-get update', bytes: 20 },
    { command: 'RUN /bin/sh -c pip install .', bytes: 30 },
  ]);
});

it('has no commands where the history is of other layers, or there is none', () => {
  expect(layersMade([{ created_by: 'RUN x' }], [1, 2])).toEqual([
    { command: '', bytes: 1 },
    { command: '', bytes: 2 },
  ]);
  expect(layersMade([], [5])).toEqual([{ command: '', bytes: 5 }]);
  expect(layersMade([{}], [5])).toEqual([{ command: '', bytes: 5 }]);
});
