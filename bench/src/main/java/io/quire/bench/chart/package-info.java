/* SPDX-License-Identifier: Apache-2.0 */
/** Charts drawn from the raw data of runs, as SVG and PNG. */
package io.quire.bench.chart;
