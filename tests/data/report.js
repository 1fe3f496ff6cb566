// SPDX-License-Identifier: MIT
// For tests/userland/small_ports.t: closures, prototypes, exceptions, regular expressions, JSON,
// sorting, and floating point, in ECMAScript 5.
'use strict';

function Shape(name, sides) {
    this.name = name;
    this.sides = sides;
}
Shape.prototype.angles = function () { return (this.sides - 2) * 180; };

var shapes = ['triangle:3', 'square:4', 'pentagon:5', 'line:2'].map(function (text) {
    var parts = /^(\w+):(\d+)$/.exec(text);
    return new Shape(parts[1], Number(parts[2]));
});
shapes.sort(function (a, b) { return b.name < a.name ? 1 : -1; });
print(JSON.stringify(shapes.map(function (shape) { return [shape.name, shape.angles()]; })));

var counters = [1, 2, 3].map(function (step) {
    var at = 0;
    return function () { at += step; return at; };
});
counters[2]();
print(counters.map(function (next) { return next(); }).join());

var seen = [];
for (var i = 2; seen.length < 1000; i++) {
    var prime = true;
    for (var j = 0; seen[j] * seen[j] <= i && prime; j++)
        prime = i % seen[j] !== 0;
    if (prime)
        seen.push(i);
}
print(seen[999], 0.1 + 0.2 === 0.3, (0.1 + 0.2).toFixed(9), 1 / 3, Math.pow(2, 60), 1 / -0);

try {
    JSON.parse('{"open": [1, 2');
} catch (error) {
    print(error instanceof SyntaxError);
}
print('Größe x2'.replace(/x(\d)/, function (all, digit) { return digit * 21; }), 'größe'.length,
      new Date(951782400000).toISOString(), parseInt('zz', 36), scriptArgs.join('|'));
