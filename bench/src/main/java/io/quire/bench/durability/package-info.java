/* SPDX-License-Identifier: Apache-2.0 */
/** What durability costs: checkpoints by share of entries changed, latency meanwhile, restart, by size of the state. */
package io.quire.bench.durability;
