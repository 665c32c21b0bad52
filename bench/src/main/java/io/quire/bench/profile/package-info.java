/* SPDX-License-Identifier: Apache-2.0 */
/** What turns the samples of a profiler into flame graphs. */
package io.quire.bench.profile;
