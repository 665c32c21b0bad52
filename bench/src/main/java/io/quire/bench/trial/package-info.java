/* SPDX-License-Identifier: Apache-2.0 */
/** Long trials of Quire's own tables: churn at constant size, growth from empty, a reader beside the writer. */
package io.quire.bench.trial;
