/** Toast against the simulated Toast. */
import { testConformance } from './conformance.ts';
import { toast } from './toast.ts';

testConformance(toast);
