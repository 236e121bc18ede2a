/** Clover against the simulated Clover. */

import { clover } from './clover.ts';
import { testConformance } from './conformance.ts';

testConformance(clover);
