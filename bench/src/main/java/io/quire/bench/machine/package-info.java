/* SPDX-License-Identifier: Apache-2.0 */
/** The machine: what it is, how quiet it is, which core runs what, how much memory and disk are left. */
package io.quire.bench.machine;
