/** A till of nobody's make, by the pull contract, against the simulated one. */
import { testConformance } from './conformance.ts';
import { custom } from './custom.ts';

testConformance(custom);
