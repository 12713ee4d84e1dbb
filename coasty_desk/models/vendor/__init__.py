"""What every vendor's model needs: an endpoint and its faults, prices by the token, keys, and the predictor around a wire."""
