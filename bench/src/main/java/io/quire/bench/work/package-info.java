/* SPDX-License-Identifier: Apache-2.0 */
/** Which keys are used in which order, and the timed loops over them: the same for every contestant. */
package io.quire.bench.work;
