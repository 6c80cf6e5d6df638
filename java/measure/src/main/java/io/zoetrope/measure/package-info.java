/**
 * How fast operations and whole models run on a device, by the kernels of this library and by what stands beside them:
 * tables of cases, timing, files of results. The command {@code zoetrope bench} and the harness in {@code bench/} share
 * it, so that what users measure can be set beside what the project published.
 */
@API(status = API.Status.INTERNAL)
package io.zoetrope.measure;

import org.apiguardian.api.API;
