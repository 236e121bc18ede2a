/** Square, through the official client, against the simulated Square. */
import { testConformance } from './conformance.ts';
import { square } from './square.ts';

testConformance(square);
