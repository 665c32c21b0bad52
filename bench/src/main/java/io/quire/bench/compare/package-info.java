/* SPDX-License-Identifier: Apache-2.0 */
/** The comparison: contestants interleaved in one run, disturbed cells repeated, ratios with their spread. */
package io.quire.bench.compare;
