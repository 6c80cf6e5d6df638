/**
 * Data sets, pictures, films and sounds: readers that refuse bad files before they cost memory, writers that never
 * leave half a file. Published sets come from {@link io.zoetrope.data.DataSets} and {@link io.zoetrope.data.AudioSets},
 * by name or folder; users' own files are made fit for a model by a {@link io.zoetrope.data.Preparation}: pictures, and
 * sounds as their {@linkplain io.zoetrope.data.MelSpectrogram spectrograms}.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.data;

import org.apiguardian.api.API;
