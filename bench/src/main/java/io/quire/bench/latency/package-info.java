/* SPDX-License-Identifier: Apache-2.0 */
/** Latency at a fixed arrival rate, from the intended start of each operation, with and without checkpoints. */
package io.quire.bench.latency;
