"""Where memory is kept: the record (`CubeStore`) and the candidates for recall (`RecallIndex`)."""
